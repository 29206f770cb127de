import { awaitReading, nowMs } from '@breakwater/harness'
import { expect } from 'vitest'
import { dial, testOnCluster } from './guardBed.ts'

const test = testOnCluster(2)

const code = (error: Error) => error.message

async function tookMs(work: Promise<unknown>): Promise<number> {
  const startedAt = nowMs()
  await work
  return nowMs() - startedAt
}

test('a slow link delays question and answer, and adds nothing once healed', async ({ cluster }) => {
  const [a, b] = cluster.nodes
  const fault = await cluster.slow(a, b, { delayMs: 100 })
  expect(await tookMs(dial(a, b))).toBeGreaterThanOrEqual(199)
  await fault.heal()
  const counts = fault.counts()
  expect(counts.chunksDelayed).toBeGreaterThanOrEqual(2)
  expect(counts.delayAddedMs).toBe(100 * (counts.chunksDelayed as number))
  await dial(a, b)
  expect(fault.counts()).toEqual(counts)
})

test('a link that is slow one way keeps questions or answers, whichever go that way, until it is healed', async ({
  cluster,
}) => {
  const [a, b] = cluster.nodes
  const fault = await cluster.slow(a, b, { delayMs: 60_000, oneWay: true })
  const answers = Promise.all([dial(a, b), dial(b, a)])
  await awaitReading({
    what: 'a question and an answer to be under way',
    budget: 5_000,
    probe: () => fault.counts().chunksDelayed as number,
    until: (count) => count >= 2,
  })
  expect(cluster.link(a, b).bytesHeld).toBeGreaterThan(0)
  expect(cluster.link(b, a).bytesHeld).toBe(0)
  expect(fault.name).toBe('slow n1 -> n2')
  await fault.heal()
  expect(await answers).toEqual(['ok', 'ok'])
})

test('jitter differs from chunk to chunk, within its bounds', async ({ cluster }) => {
  const [a, b] = cluster.nodes
  await using fault = await cluster.slow(a, b, { delayMs: 20, jitterMs: 10 })
  const addedMs: number[] = []
  for (let turn = 0; turn < 5; turn++) {
    const before = fault.counts()
    await dial(a, b)
    const chunks = (fault.counts().chunksDelayed as number) - (before.chunksDelayed as number)
    addedMs.push(((fault.counts().delayAddedMs as number) - (before.delayAddedMs as number)) / chunks)
  }
  expect(Math.min(...addedMs)).toBeGreaterThanOrEqual(10)
  expect(Math.max(...addedMs)).toBeLessThanOrEqual(30)
  expect(new Set(addedMs).size).toBeGreaterThan(1)
})

test('a rate stretches a transfer to what it allows', async ({ cluster }) => {
  const [a, b] = cluster.nodes
  await using fault = await cluster.slow(a, b, { bytesPerSecond: 1_000_000 })
  // A link may save up 50 ms of its rate.
  expect(await tookMs(dial(a, b, { path: '/bytes?count=250000' }))).toBeGreaterThanOrEqual(199)
  expect(fault.counts().bytesThrottled).toBeGreaterThan(0)
})

test('a delay and a rate asked for together both hold', async ({ cluster }) => {
  const [a, b] = cluster.nodes
  await using fault = await cluster.slow(a, b, { delayMs: 100, bytesPerSecond: 1_000_000 })
  expect(await tookMs(dial(a, b, { path: '/bytes?count=150000' }))).toBeGreaterThanOrEqual(299)
  expect(fault.counts()).toMatchObject({ bytesThrottled: expect.any(Number), chunksDelayed: expect.any(Number) })
  await fault.heal()
  expect(fault.counts().bytesThrottled).toBeGreaterThan(0)
  expect(fault.counts().delayAddedMs).toBeGreaterThan(199)
})

test('the end of a connection can be kept from the other side', async ({ cluster }) => {
  const [a, b] = cluster.nodes
  await using fault = await cluster.slow(a, b, { closeDelayMs: 10 })
  await dial(a, b)
  await fault.tookEffect()
  expect(fault.counts()).toEqual({ closesDelayed: expect.any(Number) })
})

test('a part that makes no sense leaves no other part of it open', async ({ cluster }) => {
  const [a, b] = cluster.nodes
  await expect(cluster.slow(a, b, { delayMs: 60_000, bytesPerSecond: 0 })).rejects.toThrow(/rate rule.*\[BAD_USAGE\]$/)
  expect(await dial(a, b)).toBe('ok')
})

test('a slow link must say how it is slow', async ({ cluster }) => {
  const [a, b] = cluster.nodes
  await expect(cluster.slow(a, b, {})).rejects.toThrow('slow() needs one of delayMs, bytesPerSecond or closeDelayMs')
  await expect(cluster.slow(a, b, { jitterMs: 5 })).rejects.toThrow('slow() needs one of')
})

test('a reset ends the connection that is open and those dialled later, until it is healed', async ({ cluster }) => {
  const [a, b] = cluster.nodes
  await dial(a, b, { pooled: '1' })
  const fault = await cluster.reset(a, b)
  expect(fault.counts()).toEqual({ connectionsReset: 1, connectionsRefused: 0 })
  expect(await dial(a, b).catch(code)).toBe('ECONNRESET')
  expect(fault.counts()).toEqual({ connectionsReset: 1, connectionsRefused: 1 })
  expect(await dial(b, a).catch(code)).toBe('ECONNRESET')
  await fault.heal()
  expect(await dial(a, b)).toBe('ok')
  expect(await dial(a, b, { pooled: '1' })).toBe('ok')
})

test('a silenced connection says nothing more while new ones pass, and is reset when it heals', async ({ cluster }) => {
  const [a, b] = cluster.nodes
  await dial(a, b, { pooled: '1' })
  const fault = await cluster.silence(a, b)
  let outcome = 'none'
  const unheard = dial(a, b, { pooled: '1' }).then(
    () => 'answered',
    (error: Error) => error.message,
  )
  void unheard.then((end) => {
    outcome = end
  })
  for (let turn = 0; turn < 5; turn++) expect(await dial(a, b)).toBe('ok')
  await fault.tookEffect()
  expect(outcome).toBe('none')
  await fault.heal()
  expect(await unheard).toBe('ECONNRESET')
  // The connection counts on each of its two links.
  expect(fault.counts()).toMatchObject({ connectionsSilenced: 2, connectionsReset: 1 })
  expect(fault.counts().bytesSilenced).toBeGreaterThan(0)
})
