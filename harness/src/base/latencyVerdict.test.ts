import { expect, test } from 'vitest'
import { latencyBudget, leastOperations, quantileName } from './latencyBudget.ts'
import { latencySeries } from './latencyReadings.ts'
import { judgeLatencyBudget, type LatencySeries } from './latencyVerdict.ts'

const search = latencyBudget('search', 10, 'issue 5', { quantile: 0.99 })
const lenient = latencyBudget('search', 10, 'issue 5', { errorRatio: 0.01 })

interface Shape {
  count?: number
  above?: number
  failed?: number
  voidBecause?: string
}

function series(...shapes: Shape[]): LatencySeries {
  return {
    what: 'search',
    windows: shapes.map(({ count = 1_000, above = 0, failed = 0, voidBecause }) => ({
      count,
      failed,
      above: () => above,
      quantile: () => 2.5,
      ...(voidBecause === undefined ? {} : { voidBecause }),
    })),
  }
}

const verdictOf = (...shapes: Shape[]) => judgeLatencyBudget(series(...shapes), search).verdict

test('three calm windows meet the budget', () => {
  expect(verdictOf({}, {}, {})).toBe('met')
})

test('one red window of three does not break it', () => {
  expect(verdictOf({ above: 400 }, {}, {})).toBe('met')
})

test('two red windows break it', () => {
  expect(verdictOf({ above: 30 }, {}, { above: 30 })).toBe('broken')
})

test('as many above the limit as the quantile allows say neither', () => {
  expect(verdictOf({ above: 10 }, { above: 10 }, { above: 10 })).toBe('inconclusive')
})

test('one red, one green and one undecided window do not agree', () => {
  expect(verdictOf({ above: 30 }, {}, { above: 10 })).toBe('inconclusive')
})

test('too few operations are inconclusive, however slow they are', () => {
  expect(verdictOf({}, { count: 499, above: 499 }, { above: 1_000 })).toBe('inconclusive')
  expect(judgeLatencyBudget(series({}, { count: 499 }, {}), search).found).toContain(
    'A window holds 499 operations; p99 needs at least 500',
  )
})

test('fewer than three sound windows are inconclusive, with the reading that made the others void', () => {
  const { verdict, found } = judgeLatencyBudget(
    series({ above: 900 }, { above: 900 }, { voidBecause: 'the host stood still for 80 ms' }),
    search,
  )
  expect(verdict).toBe('inconclusive')
  expect(found).toContain('Only 2 of 3 windows are sound, 3 are needed: the host stood still for 80 ms')
})

test('a void window that was repeated is left out', () => {
  expect(verdictOf({}, { above: 1_000, voidBecause: 'the host stood still' }, {}, {})).toBe('met')
})

test('errors are judged before latencies: fast failures do not pass as fast', () => {
  const { verdict, found } = judgeLatencyBudget(series({ failed: 1 }, {}, {}), search)
  expect(verdict).toBe('broken')
  expect(found).toMatch(/^1 of 3 000 operations failed, the error budget is 0 %/)
})

test('more errors than the budget by chance are inconclusive, by far more break it', () => {
  expect(judgeLatencyBudget(series({ failed: 31 }, {}, {}), lenient).verdict).toBe('inconclusive')
  expect(judgeLatencyBudget(series({ failed: 60 }, {}, {}), lenient).verdict).toBe('broken')
  expect(judgeLatencyBudget(series({ failed: 29 }, {}, {}), lenient).verdict).toBe('met')
})

test('errors of a void window do not count', () => {
  expect(verdictOf({}, {}, {}, { failed: 900, voidBecause: 'the host stood still' })).toBe('met')
})

test('the message has subject, bound, readings, counts and what chance explains', () => {
  expect(judgeLatencyBudget(series({ above: 30 }, {}, { above: 30 }), search).found).toBe(
    'search: p99 was 2.5 ms, 2.5 ms, 2.5 ms in windows of 1 000, 1 000, 1 000 operations, its budget is p99 < 10 ms ' +
      '(search: issue 5); above it were 30, 0, 30 where chance explains 18, 18, 18.',
  )
})

test('operations timed one by one fall into three windows in their order', () => {
  const slowAtTheEnd = latencySeries(
    'search',
    Array.from({ length: 1_500 }, (_, at) => ({ latencyMs: at < 1_000 ? 1 : 50, failed: at === 0 })),
  )
  expect(
    slowAtTheEnd.windows.map((window) => [window.count, window.failed, window.above(10), window.quantile(0.5)]),
  ).toEqual([
    [500, 1, 0, 1],
    [500, 0, 0, 1],
    [500, 0, 500, 50],
  ])
})

test.each([
  [0.5, 20],
  [0.95, 100],
  [0.99, 500],
  [0.999, 5_000],
])('the quantile %f is judged from %i operations on', (quantile, least) => {
  expect(leastOperations(quantile)).toBe(least)
})

test.each([
  [0.5, 'p50'],
  [0.99, 'p99'],
  [0.999, 'p999'],
])('the quantile %f is called %s', (quantile, name) => {
  expect(quantileName(quantile)).toBe(name)
})

test('a quantile or an error ratio that bounds nothing is refused', () => {
  expect(() => latencyBudget('x', 1, 'nowhere', { quantile: 1 })).toThrow(RangeError)
  expect(() => latencyBudget('x', 1, 'nowhere', { errorRatio: 1 })).toThrow(RangeError)
})
