import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bursts, type LoadOptions, type LoadResult, poisson, steps } from '@breakwater/harness'
import { expect, test } from 'vitest'
import { isUnderWay } from '../harness/src/history/operation.ts'
import { GuardBed } from './guardBed.ts'
import type { EchoClient } from './samples/echo/system.ts'

/** A load on one echo node, in one window that is not repeated: what is tested does not depend on how busy this machine is. */
async function load(
  bed: GuardBed,
  loop: LoadOptions['loop'],
  { windowMs, record = false }: { windowMs: number; record?: boolean },
): Promise<{ result: LoadResult; client: EchoClient }> {
  const cluster = await bed.start(1)
  const { client } = cluster.nodes[0]
  const result = await bed.run.load({
    name: 'calls',
    windows: 1,
    repeats: 0,
    loop,
    windowMs,
    record,
    scenarios: [
      {
        name: 'call',
        run: (user) =>
          user.step('now', async () => {
            if ((await client.call('/now')) !== 200) throw new Error('refused')
          }),
      },
    ],
  })
  return { result, client }
}

/** ms from the first one: when the steps of the load were meant to start. */
function intendedStarts({ run }: GuardBed): number[] {
  const starts = run.history.operations
    .filter(({ kind }) => kind === 'now')
    .map(({ intendedAtMs }) => intendedAtMs ?? Number.NaN)
  const sorted = starts.sort((a, b) => a - b)
  return sorted.map((ms) => ms - (sorted[0] ?? 0))
}

test('independent users arrive at the mean rate, in the same gaps for the same seed', async () => {
  const starts: number[][] = []
  for (let turn = 0; turn < 2; turn++) {
    await using bed = new GuardBed()
    const { result } = await load(bed, { arrivals: poisson(100) }, { windowMs: 1_000, record: true })
    expect(result.total().failRatio).toBe(0)
    starts.push(intendedStarts(bed))
  }
  const [first = [], second = []] = starts
  expect(first.length).toBeGreaterThan(60)
  expect(first.length).toBeLessThan(140)
  expect(second).toHaveLength(first.length)
  for (const [at, ms] of first.entries()) expect(second[at]).toBeCloseTo(ms, 0)
})

test('a burst is due at once, and what waits for its turn counts from then', async () => {
  await using bed = new GuardBed()
  const { result } = await load(bed, { arrivals: bursts({ size: 20, everyMs: 200 }) }, { windowMs: 600, record: true })
  expect(result.total()).toMatchObject({ runs: 60, failRatio: 0 })
  expect(intendedStarts(bed).map((ms) => Math.round(ms / 200))).toEqual([
    ...Array.from({ length: 20 }, () => 0),
    ...Array.from({ length: 20 }, () => 1),
    ...Array.from({ length: 20 }, () => 2),
  ])
})

test('a step in the rate is seen in what was due before it and after it', async () => {
  await using bed = new GuardBed()
  const arrivals = steps({ perSecond: 40, forMs: 1_000 }, { perSecond: 200, forMs: 1_000 })
  const { result } = await load(bed, { arrivals }, { windowMs: 2_000, record: true })
  expect(result.total().failRatio).toBe(0)
  const starts = intendedStarts(bed)
  const before = starts.filter((ms) => ms < 950).length
  expect(before).toBeLessThan(80)
  expect(starts.length - before).toBeGreaterThan(140)
})

test('the figures of a load, its nodes among them, lie in the folder of the guard', async () => {
  await using bed = new GuardBed()
  const { result } = await load(bed, { users: 3 }, { windowMs: 300 })
  const json = JSON.parse(readFileSync(join(bed.folder, 'load.calls.json'), 'utf8'))
  expect(json).toMatchObject({
    name: 'calls',
    loop: 'closed loop, 3 users',
    classes: [{ class: 'call', failCount: 0 }, { class: 'call/now' }],
    processes: [{ name: 'n1', rssBytes: expect.any(Number), handleCount: expect.any(Number) }],
  })
  expect(readFileSync(join(bed.folder, 'load.calls.txt'), 'utf8')).toMatch(/ {2}now +│/)
  expect(result.open).toMatch(/load\.calls\.txt$/)
})

test('what a killed node does not answer is counted with its reason, and the load ends', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  const [node] = cluster.nodes
  await using _killed = await cluster.kill(node)
  const result = await bed.run.load({
    name: 'calls',
    windows: 1,
    repeats: 0,
    loop: { users: 2, thinkMs: 5 },
    windowMs: 200,
    scenarios: [{ name: 'call', run: () => node.client.call('/now') }],
  })
  expect(result.total()).toMatchObject({ failRatio: 1, reasons: { refused: result.total().runs } })
})

test('a step of a load is in the history before its call is made', async () => {
  await using bed = new GuardBed()
  await bed.start(1)
  const seen: string[] = []
  const result = await bed.run.load({
    name: 'calls',
    windows: 1,
    repeats: 0,
    loop: { users: 1 },
    windowMs: 20_000,
    mostRuns: 3,
    record: true,
    scenarios: [
      {
        name: 'call',
        run: (user) =>
          user.step('look', async () => {
            seen.push(bed.run.history.operations.map((each) => (isUnderWay(each) ? 'under way' : each.outcome)).join())
          }),
      },
    ],
  })
  expect(result.total()).toMatchObject({ runs: 3, failRatio: 0 })
  expect(seen).toEqual(['under way', 'ok,under way', 'ok,ok,under way'])
  expect(bed.run.history.underWay()).toEqual([])
})

test('a load in worker threads that is to be recorded is refused: they cannot', async () => {
  await using bed = new GuardBed()
  const scenarios = { module: import.meta.url }
  const load = bed.run.load({ name: 'calls', loop: { users: 1 }, windowMs: 20, record: true, scenarios })
  await expect(load).rejects.toThrow(/calls .*worker threads.*\[BAD_USAGE\]/)
})
