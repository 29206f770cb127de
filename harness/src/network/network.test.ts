import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { openNetwork } from './network.ts'
import { awaited, NetworkBed } from './networkBed.ts'

test('bytes pass in both directions through a door and each link counts its own', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  near.write('question')
  await far.reads('question')
  far.write('the answer')
  await near.reads('the answer')
  expect(bed.network.link('n1', 'n2').bytesPassed).toBe(8)
  expect(bed.network.link('n2', 'n1').bytesPassed).toBe(10)
  expect(bed.network.link('n1', 'n2').connectionCount).toBe(1)
  expect(bed.network.connectionCount()).toBe(1)
})

test('a large transfer arrives unchanged although its reader is slower than its writer', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const sent = Buffer.allocUnsafe(24 * 1024 * 1024)
  for (let at = 0; at < sent.length; at += 4) sent.writeUInt32LE(at, at)
  near.write(sent)
  while (far.byteCount < sent.length) {
    // The reader stops over and over, so that writes get stuck half way: there the buffers change hands.
    far.socket.pause()
    await new Promise(setImmediate)
    far.socket.resume()
    await once(far.socket, 'data')
  }
  expect(Buffer.compare(far.bytes, sent)).toBe(0)
})

test('a half-closed connection still carries the answer', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  near.socket.end('that is all')
  await awaited('the FIN at n2', () => far.hasEnded, Boolean)
  expect(far.text).toBe('that is all')
  expect(near.hasEnded).toBe(false)
  far.socket.end('then this')
  await near.reads('then this')
  await near.closes()
  await awaited(
    'both sockets of the proxy to be gone',
    () => bed.network.connectionCount(),
    (count) => count === 0,
  )
  expect(near.errorCode).toBeUndefined()
  expect(far.errorCode).toBeUndefined()
})

test('a node that is down resets whoever dials its door, and is reached again once it is back', async () => {
  await using bed = await NetworkBed.open()
  await bed.stopNode('n2')
  const refused = await bed.dial('n2', 'n1')
  await refused.closes()
  expect(refused.errorCode).toBe('ECONNRESET')
  await bed.startNode('n2')
  const { near, far } = await bed.connect()
  near.write('back')
  await far.reads('back')
})

test('a node that dies resets its peer, and the peer that dies resets the node', async () => {
  await using bed = await NetworkBed.open()
  const first = await bed.connect()
  first.far.socket.resetAndDestroy()
  await first.near.closes()
  expect(first.near.errorCode).toBe('ECONNRESET')
  const second = await bed.connect()
  second.near.socket.resetAndDestroy()
  await second.far.closes()
  expect(second.far.errorCode).toBe('ECONNRESET')
})

test('the dialler is known by its source address, which the node sees too', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  near.write('hello')
  await far.reads('hello')
  expect(far.socket.remoteAddress).toBe(bed.hostOf('n1'))
  expect(bed.network.link('n1', 'n2').bytesPassed).toBe(5)
})

test('a dialler with a foreign address is asked for, and is unknown when nobody knows', async () => {
  const asked: number[] = []
  await using bed = await NetworkBed.open((plan) => ({
    ...plan,
    whoDialled({ source }) {
      asked.push(source.port)
      return asked.length === 1 ? 'n1' : asked.length === 2 ? 'nobody of this plan' : undefined
    },
  }))
  for (const name of ['n1', 'unknown', 'unknown']) {
    const before = bed.network.link(name, 'n2').bytesPassed
    const end = await bed.dial('n2')
    end.write('abc')
    await awaited(
      `bytes from ${name}`,
      () => bed.network.link(name, 'n2').bytesPassed,
      (now) => now === before + 3,
    )
    expect(asked.at(-1)).toBe(end.socket.localPort)
  }
})

test('closing the network closes its doors, resets its connections and leaves no socket', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  await bed.network.close()
  await near.closes()
  await far.closes()
  expect(bed.network.connectionCount()).toBe(0)
  const late = connect({ host: bed.hostOf('n2'), port: 9000 })
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNREFUSED')
  await bed.network.close()
})

test('a door whose port is taken is refused, and no other door stays open', async () => {
  await using bed = await NetworkBed.open()
  const free = { host: bed.subnet.hostOf(50), port: 9000 }
  const taken = { host: bed.hostOf('n1'), port: 9000 }
  const nodes = [
    { name: 'a', door: free, target: { host: free.host, port: 9001 } },
    { name: 'b', door: taken, target: { host: taken.host, port: 9001 } },
  ]
  await expect(openNetwork({ nodes })).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  const network = await openNetwork({ nodes: nodes.slice(0, 1) })
  await network.close()
})

test('a link of names that the plan does not know is refused', async () => {
  await using bed = await NetworkBed.open()
  expect(() => bed.network.link('n1', 'n3')).toThrow(/no link from "n1" to "n3".*n1, n2, unknown.*BAD_USAGE/)
  expect(bed.network.links().map((link) => `${link.from}>${link.to}`)).toContain('n2>n1')
})
