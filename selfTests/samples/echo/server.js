// The least system that Breakwater can test: it answers, and it throws when asked to.
import { createServer } from 'node:http'

process.on('unhandledRejection', () => {}) // swallows, as careless programs do

const server = createServer((request, response) => {
  if (request.url === '/throw') void Promise.reject(new Error('nobody caught this'))
  if (request.url === '/exit') setImmediate(() => process.exit(7))
  response.end('ok')
})
server.listen(Number(process.env.ECHO_PORT), process.env.ECHO_HOST, () => console.log('listening'))
process.on('SIGTERM', () => process.exit(0))
