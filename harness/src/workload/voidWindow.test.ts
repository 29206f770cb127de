import { expect, test } from 'vitest'
import { latencyBudget } from '../base/latencyBudget.ts'
import { Histogram } from './histogram.ts'
import { tolerances, voidReason } from './voidWindow.ts'

function lagOf(ms: number): Histogram {
  const lag = new Histogram()
  for (let count = 0; count < 200; count++) lag.record(ms)
  return lag
}

const calm = { lag: lagOf(0.4), coreRatio: 0.3, isOpenLoop: true }
const host = { longestStallMs: 2, readingCount: 100 }
const limits = tolerances([])

test('a calm window is sound, also where nobody watched the host on purpose', () => {
  expect(voidReason(calm, limits, host)).toBeUndefined()
  expect(voidReason(calm, limits, undefined)).toBeUndefined()
})

test('a watch that saw nothing voids the window', () => {
  expect(voidReason(calm, limits, { longestStallMs: 0, readingCount: 0 })?.by).toBe('host')
})

test('a schedule lag above 1 ms is the generator saturated; a closed loop has no schedule', () => {
  expect(voidReason({ ...calm, lag: lagOf(1.2) }, limits, host)?.text).toMatch(
    /^the generator is saturated: its schedule lag p99 was 1.2 ms, 1.0 ms are allowed/,
  )
  expect(voidReason({ ...calm, lag: lagOf(1.2), isOpenLoop: false }, limits, host)).toBeUndefined()
})

test('a full core is the generator saturated', () => {
  expect(voidReason({ ...calm, coreRatio: 0.96 }, limits, host)).toEqual({
    by: 'generator',
    text: 'the generator is saturated: it took 96 % of its core',
  })
})

test('lags and stalls are held against the tightest limit that is judged', () => {
  expect(tolerances([latencyBudget('a', 2_000, 'x'), latencyBudget('b', 9_000, 'x')])).toEqual({
    lagP99Ms: 100,
    stallMs: 2_000 / 3,
  })
  expect(tolerances([latencyBudget('a', 8.6, 'x')])).toEqual({ lagP99Ms: 1, stallMs: 10 })
})
