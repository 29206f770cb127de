import { connect, createServer } from 'node:net'
import type { Endpoint } from '../../harness/src/network/endpoint.ts'
import { openNetwork } from '../../harness/src/network/network.ts'

/** A proxy in a process of its own. Arguments: `pipe` or `link`, where to listen and where to dial, as JSON. */
const [kind, listenAt, dialAt] = process.argv.slice(2)
const door = JSON.parse(listenAt ?? '') as Endpoint
const target = JSON.parse(dialAt ?? '') as Endpoint

if (kind === 'link') {
  await openNetwork({ nodes: [{ name: 'target', door, target }] })
} else {
  // What one writes without Breakwater.
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ ...target, noDelay: true, allowHalfOpen: true })
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  server.listen(door)
  await new Promise((resolve) => server.once('listening', resolve))
}
process.send?.('ready')
process.on('disconnect', () => process.exit())
