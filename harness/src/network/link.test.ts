import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import { awaited, NetworkBed, stalled } from './networkBed.ts'
import type { Rule } from './rule.ts'

const KiB = 1024
const MiB = 1024 * KiB

test('a held link keeps its bytes, and lifting delivers them in order on the same connection', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  const hold = link.impose({ type: 'hold' })
  near.write('one ')
  await awaited(
    '4 bytes held',
    () => link.bytesHeld,
    (count) => count === 4,
  )
  near.write('two')
  await awaited(
    '7 bytes held',
    () => hold.counts().bytesHeld,
    (count) => count === 7,
  )
  far.write('still heard')
  await near.reads('still heard')
  expect(far.byteCount).toBe(0)
  hold.lift()
  near.write(' three')
  await far.reads('one two three')
  expect(link.bytesHeld).toBe(0)
  expect(hold.counts()).toEqual({ bytesHeld: 7, connectionsHeld: 0, closesHeld: 0 })
})

test('a held link keeps a FIN and a reset until it is lifted', async () => {
  await using bed = await NetworkBed.open()
  const ended = await bed.connect()
  const reset = await bed.connect()
  const hold = bed.network.link('n1', 'n2').impose({ type: 'hold' })
  ended.near.socket.end('last words')
  reset.near.socket.resetAndDestroy()
  await awaited(
    'two closes held',
    () => hold.counts().closesHeld,
    (count) => count === 2,
  )
  // A round trip on a third connection gives the closes every chance to slip through.
  const probe = await bed.dial('n1', 'n2')
  await awaited(
    'n1 to accept',
    () => bed.acceptedBy('n1').length,
    (count) => count === 1,
  )
  expect(ended.far.hasEnded || reset.far.isClosed).toBe(false)
  hold.lift()
  await ended.far.reads('last words')
  await awaited('the FIN', () => ended.far.hasEnded, Boolean)
  await reset.far.closes()
  expect(reset.far.errorCode).toBe('ECONNRESET')
  probe.socket.destroy()
})

test('a dial into a held link is accepted, counted, and reaches the node only when the link is lifted', async () => {
  await using bed = await NetworkBed.open()
  const hold = bed.network.link('n1', 'n2').impose({ type: 'hold' })
  const near = await bed.dial('n2', 'n1')
  near.write('early')
  await awaited('the dial and its bytes held', hold.counts, (now) => now.connectionsHeld === 1 && now.bytesHeld === 5)
  expect(bed.acceptedBy('n2')).toHaveLength(0)
  hold.lift()
  await awaited(
    'n2 to accept',
    () => bed.acceptedBy('n2').length,
    (count) => count === 1,
  )
  await bed.acceptedBy('n2')[0]?.reads('early')
})

test('50 MB sent into a held link stay with their sender: the proxy keeps a bounded part', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const hold = bed.network.link('n1', 'n2').impose({ type: 'hold' })
  const sent = Buffer.alloc(50_000_000, 'x')
  const rssBefore = process.memoryUsage().rss
  near.write(sent)
  const held = await stalled('the held bytes', () => hold.counts().bytesHeld ?? 0)
  expect(held).toBeGreaterThanOrEqual(64 * KiB)
  expect(held).toBeLessThan((64 + 64) * KiB)
  expect(near.socket.writableLength).toBe(sent.length)
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(16 * MiB)
  hold.lift()
  await awaited(
    'all of it at n2',
    () => far.byteCount,
    (count) => count === sent.length,
  )
})

test('of several rules the most severe wins, and lifting one leaves the others', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  const first = link.impose({ type: 'hold' })
  const second = link.impose({ type: 'hold' })
  const delay = link.impose({ type: 'delay', ms: 1 })
  near.write('kept')
  await awaited(
    'held by both',
    () => [first, second].map((hold) => hold.counts().bytesHeld),
    (now) => now.every((count) => count === 4),
  )
  first.lift()
  first.lift()
  expect(link.bytesHeld).toBe(4)
  expect(far.byteCount).toBe(0)
  const drop = link.impose({ type: 'drop' })
  expect(drop.counts().bytesDropped).toBe(4)
  second.lift()
  delay.lift()
  expect(near.isClosed).toBe(false)
  const reset = link.impose({ type: 'reset' })
  await near.closes()
  expect(reset.counts().connectionsReset).toBe(1)
  drop.lift()
  const late = await bed.dial('n2', 'n1')
  await late.closes()
  expect(reset.counts().connectionsRefused).toBe(1)
})

test('rules opened and lifted under load neither lose nor change a byte', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const random = new Seed(3).stream('rules')
  const sent = random.bytes(256 * KiB)
  const rounds = 64
  const rules: Rule[] = [
    { type: 'hold' },
    { type: 'delay', ms: 2, jitterMs: 2, random },
    { type: 'rate', bytesPerSecond: 500_000_000 },
  ]
  for (let round = 0; round < rounds; round++) near.write(sent)
  const link = bed.network.link('n1', 'n2')
  while (far.byteCount < rounds * sent.length) {
    const imposed = link.impose(random.pick(rules))
    await setImmediate()
    imposed.lift()
    const before = far.byteCount
    await awaited(
      'bytes to go on',
      () => far.byteCount,
      (count) => count > before || count === rounds * sent.length,
    )
  }
  const all = far.bytes
  for (let round = 0; round < rounds; round++) {
    expect(all.subarray(round * sent.length, (round + 1) * sent.length).equals(sent)).toBe(true)
  }
})

test('bytes that are still being written when a hold begins arrive unchanged', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  const sent = Buffer.allocUnsafe(30_000_000)
  for (let at = 0; at < sent.length; at += 4) sent.writeUInt32LE(at, at)
  far.socket.pause()
  near.write(sent)
  await stalled('the reader of n2', () => link.bytesPassed)
  // The hold makes the link read on, while the last write to n2 is stuck half way.
  const hold = link.impose({ type: 'hold' })
  await stalled('the held bytes', () => hold.counts().bytesHeld ?? 0)
  hold.lift()
  far.socket.resume()
  await awaited(
    'all of it',
    () => far.byteCount,
    (count) => count === sent.length,
  )
  expect(Buffer.compare(far.bytes, sent)).toBe(0)
})

test('a rule that could not do what it says is refused', async () => {
  await using bed = await NetworkBed.open()
  const link = bed.network.link('n1', 'n2')
  const unusable: Rule[] = [
    { type: 'delay', ms: -1 },
    { type: 'delay', ms: 5, jitterMs: 5 },
    { type: 'rate', bytesPerSecond: 0 },
    { type: 'reset', afterBytes: 0.5 },
    { type: 'slowClose', ms: Number.NaN },
  ]
  for (const rule of unusable) expect(() => link.impose(rule)).toThrow(/BAD_USAGE/)
})
