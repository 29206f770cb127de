import { createServer, type Socket } from 'node:net'

/**
 * The far end, in a process of its own. The first byte that a dialler sends says what it wants:
 * `e` its further bytes back, `s` 64 bytes each millisecond, `b` bulk, of as many MiB as the second byte says.
 * Argument: the host to listen on. Tells its port to the parent.
 */
const MiB = Buffer.alloc(1024 * 1024, 'x')

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {}) // rules under measurement reset connections
  socket.once('data', (wish) => {
    if (wish[0] === 0x65) socket.on('data', (bytes) => socket.write(bytes))
    else if (wish[0] === 0x73) trickle(socket)
    else pour(socket, (wish[1] ?? 0) * (wish[2] ?? 0))
  })
})

function trickle(socket: Socket): void {
  const beat = setInterval(() => socket.write(MiB.subarray(0, 64)), 1)
  socket.on('close', () => clearInterval(beat))
}

function pour(socket: Socket, leftCount: number): void {
  if (leftCount === 0) return
  socket.write(MiB, () => pour(socket, leftCount - 1))
}

server.listen(Number(process.argv[3] ?? 0), process.argv[2], () => process.send?.(server.address()))
process.on('disconnect', () => process.exit())
