import { expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import { awaited, NetworkBed } from './networkBed.ts'

const KiB = 1024
const MiB = 1024 * KiB

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
