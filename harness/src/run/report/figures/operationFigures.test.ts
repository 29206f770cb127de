import { expect, test } from 'vitest'
import { Seed } from '../../../base/seed.ts'
import type { Operation, Outcome } from '../../../history/operation.ts'
import { OperationSummary } from './operationFigures.ts'

const t0 = 1_780_000_000_000

function drawOperations(count: number, seed: number): Operation[] {
  const random = new Seed(seed).stream('operations')
  let atMs = t0
  return Array.from({ length: count }, (_, id) => {
    atMs += random.fraction() * 20
    const outcome: Outcome = random.chance(0.02) ? 'fail' : random.chance(0.02) ? 'info' : 'ok'
    return {
      id,
      client: `c${random.integer(1, 5)}`,
      node: `n${random.integer(1, 3)}`,
      kind: random.pick(['insert', 'read', 'delete']),
      ...(random.chance(0.3) ? { intendedAtMs: atMs - 5 } : {}),
      startedAtMs: atMs,
      endedAtMs: atMs + 0.05 + random.fraction() ** 8 * 4_000,
      outcome,
      ...(outcome === 'ok' ? {} : { error: `refused ${random.integer(0, 9)}` }),
    }
  })
}

function summed(operations: readonly Operation[], most?: number) {
  const summary = new OperationSummary({ seed: 71, ...(most === undefined ? {} : { most }) })
  for (const operation of operations) summary.add(operation)
  return summary.figures()
}

/** Latencies in order, for what the figures must be. */
const latencies = (operations: readonly Operation[]) =>
  operations.map((each) => each.endedAtMs - (each.intendedAtMs ?? each.startedAtMs)).sort((a, b) => a - b)
const quantile = (sorted: readonly number[], part: number) => sorted[Math.ceil(sorted.length * part) - 1] as number

test.each([1, 7, 400, 30_000])('figures of %i operations are those of counting them one by one', (count) => {
  const operations = drawOperations(count, count)
  const { total, kinds } = summed(operations)
  const spanMs =
    Math.max(...operations.map((each) => each.endedAtMs)) -
    Math.min(...operations.map((each) => each.intendedAtMs ?? each.startedAtMs))
  const byKind = Object.groupBy(operations, ({ kind }) => kind)
  expect(kinds.map(({ kind }) => kind)).toEqual(Object.keys(byKind).sort())
  for (const figures of [total, ...kinds]) {
    const mine = figures === total ? operations : (byKind[figures.kind] ?? [])
    const sorted = latencies(mine)
    expect(figures.count).toBe(mine.length)
    for (const outcome of ['ok', 'fail', 'info'] as const)
      expect(figures[outcome]).toBe(mine.filter((each) => each.outcome === outcome).length)
    expect(figures.maxMs).toBe(sorted.at(-1))
    expect(figures.perSecond).toBeCloseTo((mine.length * 1_000) / spanMs, 6)
    for (const [name, part] of [
      ['p50Ms', 0.5],
      ['p95Ms', 0.95],
      ['p99Ms', 0.99],
      ['p999Ms', 0.999],
    ] as const) {
      // Kept in whole microseconds, in slots that are at most 1/128 wide.
      expect(figures[name]).toBeGreaterThanOrEqual(quantile(sorted, part))
      expect(figures[name]).toBeLessThanOrEqual(quantile(sorted, part) * (1 + 1 / 128) + 0.001)
    }
  }
})

test('every stretch of time counts what ended in it, whatever its width has grown to', () => {
  const operations = drawOperations(30_000, 3)
  const { overTime } = summed(operations)
  expect(overTime.startMs.length).toBeLessThanOrEqual(128)
  expect(overTime.widthMs).toBeGreaterThan(50)
  for (const [at, startMs] of overTime.startMs.entries()) {
    const mine = operations.filter(({ endedAtMs }) => endedAtMs >= startMs && endedAtMs < startMs + overTime.widthMs)
    for (const outcome of ['ok', 'fail', 'info'] as const)
      expect(overTime[outcome][at]).toBe(mine.filter((each) => each.outcome === outcome).length)
    expect(overTime.maxMs[at]).toBe(latencies(mine).at(-1) ?? null)
  }
})

test('up to the limit every operation is drawn', () => {
  const operations = drawOperations(2_000, 5)
  const { points } = summed(operations, 2_000)
  expect(points).toHaveLength(2_000)
  expect(new Set(points.map(({ atMs, latencyMs }) => `${atMs} ${latencyMs}`)).size).toBe(2_000)
})

test('beyond the limit the slowest, and some of what failed, are drawn in every stretch; which others, the seed decides', () => {
  const operations = drawOperations(60_000, 7)
  const { points, total } = summed(operations, 5_000)
  expect(total.count).toBe(60_000)
  expect(points.length).toBeLessThanOrEqual(5_000)
  expect(points.length).toBeGreaterThan(2_000)
  expect(summed(operations, 5_000).points).toEqual(points)
  const slowest = operations.toSorted((a, b) => latencies([b])[0]! - latencies([a])[0]!).slice(0, 4)
  for (const each of slowest) expect(points.map(({ latencyMs }) => latencyMs)).toContain(latencies([each])[0])
  // By what it is that they are few: a fiftieth of all, but more of what is drawn.
  for (const outcome of ['fail', 'info'] as const) {
    const drawn = points.filter((point) => point.outcome === outcome).length
    expect(drawn / points.length).toBeGreaterThan(total[outcome] / total.count)
  }
})

test('one operation that failed among a hundred thousand is drawn with its words', () => {
  const operations = drawOperations(100_000, 9).map((each) => ({ ...each, outcome: 'ok' as Outcome, error: 'none' }))
  operations[54_321]!.outcome = 'info'
  operations[54_321]!.error = 'the answer was lost'
  const { points, errors } = summed(operations, 3_000)
  expect(points.filter(({ outcome }) => outcome !== 'ok').map(({ error }) => error)).toEqual(['the answer was lost'])
  expect(errors).toEqual([{ outcome: 'info', text: 'the answer was lost', count: 1 }])
})

test('errors that differ in numbers only are one, and a flood of different ones is counted', () => {
  const [first] = drawOperations(1, 1)
  const errors = Array.from({ length: 3_000 }, (_, at) => `port ${at} refused`)
  const words = Array.from({ length: 900 }, (_, at) => `no ${'x'.repeat(at + 1)}`.slice(0, 290 + (at % 7)))
  const figures = summed([...errors, ...words].map((error) => ({ ...(first as Operation), outcome: 'fail', error })))
  expect(figures.errors[0]).toEqual({ outcome: 'fail', text: 'port 0 refused', count: 3_000 })
  expect(figures.errors.length).toBeLessThanOrEqual(20)
  expect(figures.errors.reduce((sum, { count }) => sum + count, 0) + figures.otherErrorCount).toBe(3_900)
})

test('an empty history has figures of nothing', () => {
  const { total, kinds, points, overTime } = summed([])
  expect(total).toMatchObject({ count: 0, ok: 0, fail: 0, info: 0, perSecond: 0 })
  expect([kinds, points, overTime.startMs]).toEqual([[], [], []])
})

test('what never ended is counted as info by its start, with no latency and no point', () => {
  const ended = drawOperations(3, 71)
  const begun = { ...ended[0]!, outcome: 'info' as const, endedAtMs: Number.POSITIVE_INFINITY }
  const { total, overTime, points, errors } = summed([...ended, begun])
  expect(total).toMatchObject({ count: 4, maxMs: latencies(ended).at(-1) })
  expect(overTime.info.reduce((sum, each) => sum + each, 0)).toBe(total.info)
  expect(points).toHaveLength(3)
  expect(errors).toContainEqual({ outcome: 'info', text: 'under way when the history ended', count: 1 })
  const alone = summed([begun])
  expect(alone.total).toMatchObject({ count: 1, info: 1, p50Ms: Number.NaN, maxMs: Number.NaN })
  expect(alone.overTime).toMatchObject({ info: [1], maxMs: [null] })
})
