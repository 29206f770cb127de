import { expect, test } from 'vitest'
import { atLeast, atMost, intervalOf, mostByChance } from './binomial.ts'

/** The same by whole numbers without rounding: p is `numerator / denominator`. */
function exactAtMost(k: number, n: number, numerator: bigint, denominator: bigint): number {
  let choose = 1n
  let sum = 0n
  for (let i = 0; i <= k; i++) {
    sum += choose * numerator ** BigInt(i) * (denominator - numerator) ** BigInt(n - i)
    choose = (choose * BigInt(n - i)) / BigInt(i + 1)
  }
  const digits = 10n ** 40n
  return Number((sum * digits) / denominator ** BigInt(n)) / 1e40
}

test.each([
  [3, 10, 0.5, 0.171875],
  [2, 20, 0.1, 0.676926805],
  [0, 299, 0.01, 0.049536258],
  [7, 20, 0.25, 0.898188143],
  [15, 15, 0.3, 1],
])('P(X <= %i) of Bin(%i, %f) is as in the tables', (k, n, p, expected) => {
  expect(atMost(k, n, p)).toBeCloseTo(expected, 8)
})

test('both tails agree with exact whole-number arithmetic to 12 digits, far into the tails', () => {
  for (const [n, numerator, denominator] of [
    [500, 1n, 100n],
    [1_500, 1n, 100n],
    [5_000, 1n, 1000n],
    [60, 1n, 2n],
  ] as const) {
    const p = Number(numerator) / Number(denominator)
    for (let k = 0; k <= Math.min(n, 60); k += 3) {
      const expected = exactAtMost(k, n, numerator, denominator)
      expect(Math.abs(atMost(k, n, p) / expected - 1), `P(X <= ${k}) of Bin(${n}, ${p})`).toBeLessThan(1e-12)
      if (k === 0 || 1 - exactAtMost(k - 1, n, numerator, denominator) < 1e-6) continue
      const above = 1 - exactAtMost(k - 1, n, numerator, denominator)
      expect(Math.abs(atLeast(k, n, p) / above - 1), `P(X >= ${k}) of Bin(${n}, ${p})`).toBeLessThan(1e-9)
    }
  }
})

test('tails that are far too small to take from one are not rounded to zero', () => {
  expect(atLeast(200, 500, 0.01)).toBeGreaterThan(0)
  expect(atLeast(200, 500, 0.01)).toBeLessThan(1e-200)
  expect(atLeast(10, 10, 0.001)).toBeCloseTo(1e-30, 40)
})

test('the two tails of each value add up to one for ten million trials', () => {
  for (const k of [99_000, 99_999, 100_000, 100_001, 101_000]) {
    expect(atMost(k, 10_000_000, 0.01) + atLeast(k + 1, 10_000_000, 0.01)).toBeCloseTo(1, 12)
  }
})

test('certain and impossible events are exact', () => {
  expect(atMost(0, 10, 0)).toBe(1)
  expect(atLeast(1, 10, 0)).toBe(0)
  expect(atLeast(10, 10, 1)).toBe(1)
  expect(atLeast(0, 0, 0.5)).toBe(1)
  expect(atLeast(11, 10, 0.5)).toBe(0)
})

test('the most that chance explains is the last count above the threshold', () => {
  const most = mostByChance(500, 0.01, 0.01)
  expect(most).toBe(11)
  expect(atLeast(most, 500, 0.01)).toBeGreaterThanOrEqual(0.01)
  expect(atLeast(most + 1, 500, 0.01)).toBeLessThan(0.01)
})

test.each([
  [-1, 0.5],
  [1.5, 0.5],
  [10, 1.5],
  [10, Number.NaN],
])('%f trials with probability %f are refused', (n, p) => {
  expect(() => atMost(1, n, p)).toThrow(RangeError)
})

test.each([
  [0, 10, 0, 0.3085],
  [10, 10, 0.6915, 1],
  [3, 10, 0.0667, 0.6525],
  [50, 100, 0.3983, 0.6017],
])('%i of %i failed: the share lies from %d to %d with 95 %%', (failed, repeats, low, high) => {
  const [lowest, highest] = intervalOf(failed, repeats)
  expect(lowest).toBeCloseTo(low, 4)
  expect(highest).toBeCloseTo(high, 4)
})

test('of no trial nothing is known', () => {
  expect(intervalOf(0, 0)).toEqual([0, 1])
})
