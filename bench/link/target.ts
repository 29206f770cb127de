import { createServer, type Socket } from 'node:net'

/**
 * The far end, in a process of its own. The frame that a dialler sends first says what it wants (`wishFrame` of dialler.ts):
 * `e` its further bytes back, `s` 64 bytes each millisecond, `b` bulk, of as many MiB as the other two bytes multiply to.
 * What comes behind the frame, in the same read or a later one, is the dialler's own.
 * Argument: the host to listen on. Tells its port to the parent.
 */
const wishBytes = 3
const MiB = Buffer.alloc(1024 * 1024, 'x')

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {}) // rules under measurement reset connections
  let read = Buffer.alloc(0)
  socket.on('data', function hear(bytes) {
    read = Buffer.concat([read, bytes])
    if (read.length < wishBytes) return
    socket.off('data', hear)
    const [kind, mebibytes = 0, factor = 0] = read
    if (kind === 0x65) {
      socket.on('data', (later) => socket.write(later))
      if (read.length > wishBytes) socket.write(read.subarray(wishBytes))
    } else if (kind === 0x73) trickle(socket)
    else pour(socket, mebibytes * factor)
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
