// Exit code 0 while the embedder serves. The harness asks from outside and does not need it; people and orchestrators do.
const http = require('node:http')
const host = process.env.EMBEDDER_HOST || '127.0.0.1'
http
  .get({ host, port: process.env.EMBEDDER_PORT || 9301, path: '/ready', timeout: 1500 }, (answer) => {
    process.exit(answer.statusCode === 200 ? 0 : 1)
  })
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
