import { once } from 'node:events'
import { connect, Socket } from 'node:net'
import { nowMs } from '../../harness/src/base/clock.ts'
import type { Endpoint } from '../../harness/src/network/endpoint.ts'

/** The near end, in a process of its own: does what its parent asks for and tells what it measured. */
export type Wish =
  /** Answers the duration in ms of receiving so many MiB on one connection. */
  | { type: 'bulk'; at: Endpoint; mebibytes: number }
  /** Answers the median in ms of so many round trips of 64 bytes. */
  | { type: 'echo'; at: Endpoint; rounds: number }
  /** Opens a trickle of 64 bytes a millisecond; answers nothing until asked for `arrivals`. */
  | { type: 'watch'; at: Endpoint }
  /** Answers when bytes came since the last such question, in ms since the epoch. */
  | { type: 'arrivals' }

let arrivals: number[] = []

/** What the far end is to do, always of three bytes: a proxy may join the frame with what follows, or cut it. */
function wishFrame(kind: 'e' | 's' | 'b', ...amounts: [number, number] | []): Buffer {
  return Buffer.from([kind.charCodeAt(0), amounts[0] ?? 0, amounts[1] ?? 0])
}

async function measure(wish: Wish): Promise<number | number[]> {
  switch (wish.type) {
    case 'bulk':
      return bulk(wish.at, wish.mebibytes)
    case 'echo':
      return echo(wish.at, wish.rounds)
    case 'watch': {
      const socket = connect({ ...wish.at, noDelay: true }, () => socket.write(wishFrame('s')))
      socket.on('data', () => arrivals.push(nowMs()))
      socket.on('error', () => {}) // a lifted black hole resets its connections
      await once(socket, 'data')
      return []
    }
    case 'arrivals': {
      const seen = arrivals
      arrivals = []
      return seen
    }
  }
}

async function bulk(at: Endpoint, mebibytes: number): Promise<number> {
  let leftBytes = mebibytes * 1024 * 1024
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // The cheapest receiver that Node has, so that the proxy is what is measured.
  const onread = {
    buffer: Buffer.allocUnsafeSlow(256 * 1024),
    callback(byteCount: number) {
      leftBytes -= byteCount
      if (leftBytes === 0) resolve()
      return true
    },
  }
  const socket = new Socket({ onread })
  socket.on('error', reject)
  socket.connect(at)
  await once(socket, 'connect')
  const factor = 16
  const startedAt = performance.now()
  socket.write(wishFrame('b', mebibytes / factor, factor))
  await promise
  const ms = performance.now() - startedAt
  socket.destroy()
  return ms
}

async function echo(at: Endpoint, rounds: number): Promise<number> {
  const socket = connect({ ...at, noDelay: true })
  await once(socket, 'connect')
  socket.write(wishFrame('e'))
  const message = Buffer.alloc(64)
  const tripsMs: number[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.on('error', reject)
  let sentAt = 0
  const send = () => {
    sentAt = performance.now()
    socket.write(message)
  }
  let heardBytes = 0
  socket.on('data', (bytes) => {
    heardBytes += bytes.length
    if (heardBytes < message.length) return
    heardBytes = 0
    tripsMs.push(performance.now() - sentAt)
    if (tripsMs.length === rounds) resolve()
    else send()
  })
  send()
  await promise
  socket.destroy()
  return tripsMs.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number
}

process.on('message', async (wish: Wish) => process.send?.(await measure(wish)))
process.on('disconnect', () => process.exit())
process.send?.('ready')
