import { expect, test } from 'vitest'
import { Seed } from './seed.ts'
import { signedRankInterval } from './signedRank.ts'

test('the interval is that of the tables: the 14th of 78 averages from each end for 12 pairs', () => {
  const values = Array.from({ length: 12 }, (_, at) => at * at)
  const averages = values.flatMap((one, at) => values.slice(at).map((other) => (one + other) / 2)).sort((a, b) => a - b)
  const interval = signedRankInterval(values)
  expect(averages).toHaveLength(78)
  expect(interval?.low).toBe(averages[13])
  expect(interval?.high).toBe(averages[64])
  expect(interval?.estimate).toBe((averages[38]! + averages[39]!) / 2)
})

test('six pairs are the least for 95 %: the interval is the whole range then', () => {
  expect(signedRankInterval([1, 2, 3, 4, 5])).toBeUndefined()
  expect(signedRankInterval([1, 2, 3, 4, 5, 6])).toEqual({ estimate: 3.5, low: 1, high: 6 })
  expect(signedRankInterval([])).toBeUndefined()
})

test('one wild pair moves the estimate little and leaves the interval finite', () => {
  const calm = Array.from({ length: 12 }, (_, at) => at / 100)
  const interval = signedRankInterval(calm.with(3, 1_000))
  expect(interval?.estimate).toBeLessThan(0.09)
  expect(interval?.high).toBeLessThan(0.2)
})

test('the interval misses the truth in at most one of twenty trials', () => {
  const random = new Seed(71).stream('differences')
  const trials = 2_000
  let missed = 0
  for (let trial = 0; trial < trials; trial++) {
    // Symmetric with heavy tails, as differences of noisy runs are.
    const values = Array.from({ length: 12 }, () => Math.tan(Math.PI * (random.fraction() - 0.5)))
    const interval = signedRankInterval(values)!
    if (interval.low > 0 || interval.high < 0) missed++
  }
  expect(missed / trials).toBeLessThan(0.06)
  expect(missed / trials).toBeGreaterThan(0.03)
})
