// Exit code 0 while the store serves S3: it then refuses a request without a signature. MinIO calls itself ready before that.
const http = require('node:http')
const listensOn = process.env.OBJECT_STORE_HOST
const host = !listensOn || listensOn === '0.0.0.0' ? '127.0.0.1' : listensOn
http
  .get({ host, port: process.env.OBJECT_STORE_PORT || 9100, path: '/', timeout: 1500 }, (answer) => {
    process.exit(answer.statusCode === 403 ? 0 : 1)
  })
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
