import { expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import { type Arrivals, arrivalTimes, bursts, constant, describeArrivals, poisson, steps } from './arrivals.ts'

function take(arrivals: Arrivals, most: number, seed = 71): number[] {
  const times: number[] = []
  for (const ms of arrivalTimes(arrivals, new Seed(seed).stream('arrivals'))) {
    if (times.push(ms) >= most) break
  }
  return times
}

test('a constant rate is evenly spaced, without drift over a million arrivals', () => {
  expect(take(constant(250), 4)).toEqual([0, 4, 8, 12])
  expect(take(constant(3), 1_000_001).at(-1)).toBeCloseTo(1e9 / 3, 3)
})

test('Poisson arrivals have the mean and the spread of independent users', () => {
  const times = take(poisson(1_000), 50_000)
  const gaps = times.map((ms, at) => ms - (times[at - 1] ?? 0))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  expect(mean).toBeGreaterThan(0.98)
  expect(mean).toBeLessThan(1.02)
  expect(deviation / mean).toBeGreaterThan(0.97)
  expect(deviation / mean).toBeLessThan(1.03)
})

test('the same seed brings the same arrivals back, another one others', () => {
  expect(take(poisson(100), 50)).toEqual(take(poisson(100), 50))
  expect(take(poisson(100), 50)).not.toEqual(take(poisson(100), 50, 72))
})

test('bursts come all at once', () => {
  expect(take(bursts({ size: 3, everyMs: 100 }), 7)).toEqual([0, 0, 0, 100, 100, 100, 200])
})

test('steps change the rate at their time and end with the last', () => {
  const times = take(steps({ perSecond: 100, forMs: 10_000 }, { perSecond: 1_000, forMs: 10_000 }), 1_000_000)
  const before = times.filter((ms) => ms < 10_000).length
  expect(before).toBeGreaterThan(880)
  expect(before).toBeLessThan(1_120)
  expect(times.length - before).toBeGreaterThan(9_600)
  expect(times.length - before).toBeLessThan(10_400)
  expect(times.at(-1)).toBeLessThan(20_000)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
})

test.each([
  () => constant(0),
  () => poisson(Number.NaN),
  () => bursts({ size: 0, everyMs: 1 }),
  () => bursts({ size: 1, everyMs: Number.POSITIVE_INFINITY }),
  () => steps(),
  () => steps({ perSecond: 1, forMs: 0 }),
])('arrivals that would never come or never end a step are refused: %s', (make) => {
  expect(make).toThrow(RangeError)
})

test('arrivals tell what they are', () => {
  expect(describeArrivals(poisson(200))).toBe('200/s Poisson')
  expect(describeArrivals(bursts({ size: 50, everyMs: 100 }))).toBe('bursts of 50 each 100 ms')
  expect(describeArrivals(steps({ perSecond: 5, forMs: 2_000 }, { perSecond: 9, forMs: 500 }))).toBe(
    '5/s for 2 s, then 9/s for 0.5 s',
  )
  expect(describeArrivals(constant(10))).toBe('10/s')
})
