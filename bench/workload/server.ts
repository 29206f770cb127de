/** The endpoint that generators are compared on: "ok" to every GET, and one stall of 500 ms after so many of them. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const stallAfter = Number(process.argv[2] ?? Number.POSITIVE_INFINITY)
const stallMs = 500
let served = 0
let held: ServerResponse[] | undefined

const server = createServer((_request, response) => {
  if (++served === stallAfter) {
    held = []
    setTimeout(() => {
      for (const each of held ?? []) each.end('ok')
      held = undefined
    }, stallMs)
  }
  if (held) held.push(response)
  else response.end('ok')
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.stdin.on('end', () => process.exit()).resume()
