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

test('a black hole swallows bytes without a word, and heals by a reset', async () => {
  await using bed = await NetworkBed.open()
  const lossy = await bed.connect()
  const idle = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  const drop = link.impose({ type: 'drop' })
  lossy.near.write('gone')
  await awaited(
    '4 bytes dropped',
    () => drop.counts().bytesDropped,
    (count) => count === 4,
  )
  const dialled = await bed.dial('n2', 'n1')
  await awaited(
    'the dial counted',
    () => drop.counts().connectionsDropped,
    (count) => count === 1,
  )
  lossy.far.write('the other way goes on')
  await lossy.near.reads('the other way goes on')
  expect(bed.acceptedBy('n2')).toHaveLength(2)
  expect(lossy.near.isClosed || dialled.isClosed).toBe(false)
  drop.lift()
  await lossy.near.closes()
  await lossy.far.closes()
  expect([lossy.near.errorCode, lossy.far.errorCode]).toEqual(['ECONNRESET', 'ECONNRESET'])
  expect(lossy.far.byteCount).toBe(0)
  idle.near.write('lost nothing')
  await idle.far.reads('lost nothing')
  expect(drop.counts()).toEqual({ bytesDropped: 4, connectionsDropped: 1, closesDropped: 0, connectionsReset: 1 })
})

test('a black hole swallows bytes that a hold had kept before it, and what a stuck reader left behind', async () => {
  await using bed = await NetworkBed.open()
  const kept = await bed.connect()
  const stuck = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  stuck.far.socket.pause()
  stuck.near.write(Buffer.alloc(30_000_000))
  await stalled('the reader of n2', () => link.bytesPassed)
  const hold = link.impose({ type: 'hold' })
  kept.near.write('kept')
  await awaited(
    'the bytes held',
    () => hold.counts().bytesHeld,
    (count) => (count ?? 0) > 4,
  )
  const drop = link.impose({ type: 'drop' })
  await awaited(
    'all of it dropped',
    () => drop.counts().bytesDropped,
    (count) => (count ?? 0) > 10_000_000,
  )
  hold.lift()
  drop.lift()
  await kept.far.closes()
  stuck.far.socket.resume()
  await stuck.far.closes()
  expect([kept.far.errorCode, stuck.far.errorCode]).toEqual(['ECONNRESET', 'ECONNRESET'])
  expect(kept.far.byteCount).toBe(0)
  expect(drop.counts().connectionsReset).toBe(2)
})

test('a reset breaks open connections from either side and refuses new ones until lifted', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const back = await bed.dial('n1', 'n2')
  await awaited(
    'n1 to accept',
    () => bed.acceptedBy('n1').length,
    (count) => count === 1,
  )
  const reset = bed.network.link('n1', 'n2').impose({ type: 'reset' })
  for (const end of [near, far, back]) {
    await end.closes()
    expect(end.errorCode).toBe('ECONNRESET')
    expect(end.hasEnded).toBe(false)
  }
  const late = await bed.dial('n2', 'n1')
  await late.closes()
  expect(late.errorCode).toBe('ECONNRESET')
  expect(reset.counts()).toEqual({ connectionsReset: 2, connectionsRefused: 1 })
  expect(bed.network.connectionCount()).toBe(0)
  reset.lift()
  const again = await bed.connect()
  again.near.write('hello')
  await again.far.reads('hello')
})

test('a reset after 100 000 bytes lets exactly so many pass', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  near.write('before')
  await far.reads('before')
  const reset = bed.network.link('n1', 'n2').impose({ type: 'reset', afterBytes: 100_000 })
  expect(near.isClosed).toBe(false)
  near.write(Buffer.alloc(500_000))
  await far.closes()
  await near.closes()
  expect(far.byteCount).toBe(100_006)
  expect([near.errorCode, far.errorCode]).toEqual(['ECONNRESET', 'ECONNRESET'])
  expect(reset.counts().connectionsReset).toBe(1)
})

test('a reset reaches a connection in the very moment in which its FIN is passed on', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  const hold = link.impose({ type: 'hold' })
  near.socket.end()
  await awaited(
    'the FIN held',
    () => hold.counts().closesHeld,
    (count) => count === 1,
  )
  hold.lift()
  link.impose({ type: 'reset' })
  await near.closes()
  expect(near.errorCode).toBe('ECONNRESET')
  await awaited('the FIN', () => far.hasEnded || far.isClosed, Boolean)
  // Node reads no further than a FIN, so that only a write meets the reset behind it.
  far.write('anybody there?')
  await far.closes()
  expect(far.errorCode).toMatch(/EPIPE|ECONNRESET/)
  expect(bed.network.connectionCount()).toBe(0)
})

test('a delay of 40 ms adds 40 ms to one direction and nothing to the other', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const delay = bed.network.link('n1', 'n2').impose({ type: 'delay', ms: 40 })
  const startedAt = performance.now()
  near.write('slow')
  await far.reads('slow')
  const thereMs = performance.now() - startedAt
  far.write('fast')
  await near.reads('fast')
  const backMs = performance.now() - startedAt - thereMs
  expect(thereMs).toBeGreaterThanOrEqual(39)
  expect(backMs).toBeLessThan(thereMs)
  expect(delay.counts()).toEqual({ delayAddedMs: 40, chunksDelayed: 1 })
})

test('jitter never reorders, draws from its seed and stays within its bounds', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const random = new Seed(7).stream('jitter')
  const delay = bed.network.link('n1', 'n2').impose({ type: 'delay', ms: 10, jitterMs: 10, random })
  let sent = ''
  for (let at = 0; at < 40; at++) {
    near.write(`${at} `)
    sent += `${at} `
    await new Promise(setImmediate)
  }
  await far.reads(sent)
  const { chunksDelayed = 0, delayAddedMs = 0 } = delay.counts()
  expect(chunksDelayed).toBeGreaterThan(1)
  expect(delayAddedMs).toBeGreaterThan(0)
  expect(delayAddedMs).toBeLessThan(20 * chunksDelayed)
})

test('lifting a delay lets go of what it kept, at once and in order', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const delay = bed.network.link('n1', 'n2').impose({ type: 'delay', ms: 60_000 })
  near.write('one ')
  await awaited(
    'a chunk delayed',
    () => delay.counts().chunksDelayed,
    (count) => count === 1,
  )
  delay.lift()
  near.write('two')
  await far.reads('one two')
})

test('a rate is one bucket for the link: four connections share it fairly', async () => {
  await using bed = await NetworkBed.open()
  const pairs = [await bed.connect(), await bed.connect(), await bed.connect(), await bed.connect()]
  const bytesPerSecond = 1_000_000
  const link = bed.network.link('n1', 'n2')
  const rate = link.impose({ type: 'rate', bytesPerSecond })
  const startedAt = performance.now()
  for (const { near } of pairs) near.write(Buffer.alloc(MiB))
  await awaited(
    '400 000 bytes passed',
    () => link.bytesPassed,
    (count) => count >= 400_000,
  )
  const seconds = (performance.now() - startedAt) / 1000
  // Above: the burst of 50 ms. Below: a busy machine makes timers late, which costs throughput, never gains any.
  expect(link.bytesPassed / bytesPerSecond).toBeLessThanOrEqual(seconds + 0.051)
  const shares = pairs.map(({ far }) => far.byteCount)
  expect(Math.min(...shares)).toBeGreaterThan(Math.max(...shares) / 2)
  expect(rate.counts().bytesThrottled).toBeGreaterThan(0)
  expect(link.bytesHeld).toBeLessThan(4 * (100 + 64) * KiB)
  rate.lift()
  await awaited(
    'the rest',
    () => link.bytesPassed,
    (count) => count === 4 * MiB,
  )
})

test('a slow close keeps a FIN back while bytes go on', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const slow = bed.network.link('n1', 'n2').impose({ type: 'slowClose', ms: 30 })
  const startedAt = performance.now()
  near.socket.end('bytes')
  await far.reads('bytes')
  expect(far.hasEnded).toBe(false)
  await awaited('the FIN', () => far.hasEnded, Boolean)
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(29)
  expect(slow.counts()).toEqual({ closesDelayed: 1 })
})

test('silence takes the connections that are open, spares new ones, and ends in a reset', async () => {
  await using bed = await NetworkBed.open()
  const silent = await bed.connect()
  const closing = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  const silence = link.impose({ type: 'silence' })
  expect(silence.counts().connectionsSilenced).toBe(2)
  silent.near.write('unheard')
  closing.near.socket.resetAndDestroy()
  await awaited('both noticed', silence.counts, (now) => now.bytesSilenced === 7 && now.closesSilenced === 1)
  const fresh = await bed.connect()
  fresh.near.write('heard')
  await fresh.far.reads('heard')
  expect(silent.far.byteCount).toBe(0)
  expect(silent.far.isClosed || closing.far.isClosed).toBe(false)
  silence.lift()
  for (const end of [silent.near, silent.far, closing.far]) {
    await end.closes()
    expect(end.errorCode).toBe('ECONNRESET')
  }
  fresh.near.write(' again')
  await fresh.far.reads('heard again')
  expect(silence.counts().connectionsReset).toBe(2)
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

test('a connection that lost bytes says nothing more, and is reset only when no hold keeps the reset back', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  const hold = link.impose({ type: 'hold' })
  const drop = link.impose({ type: 'drop' })
  near.write('lost')
  await awaited(
    '4 bytes dropped',
    () => drop.counts().bytesDropped,
    (count) => count === 4,
  )
  drop.lift()
  near.write('after the loss')
  await awaited(
    '14 bytes noticed',
    () => hold.counts().bytesHeld,
    (count) => count === 14,
  )
  expect(link.bytesHeld).toBe(0)
  expect(near.isClosed).toBe(false)
  hold.lift()
  await near.closes()
  await far.closes()
  expect([near.errorCode, far.errorCode]).toEqual(['ECONNRESET', 'ECONNRESET'])
  expect(far.byteCount).toBe(0)
})

test('two delays add up, and lifting one gives only its own part back', async () => {
  await using bed = await NetworkBed.open()
  const { near, far } = await bed.connect()
  const link = bed.network.link('n1', 'n2')
  link.impose({ type: 'delay', ms: 30 })
  const long = link.impose({ type: 'delay', ms: 60_000 })
  const startedAt = performance.now()
  near.write('x')
  await awaited(
    'both to count',
    () => long.counts().chunksDelayed,
    (count) => count === 1,
  )
  long.lift()
  await far.reads('x')
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(29)
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
    await new Promise((resolve) => setTimeout(resolve, 1))
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
