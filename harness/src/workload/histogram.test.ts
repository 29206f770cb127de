import { expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import { Histogram } from './histogram.ts'

const quantiles = [0.5, 0.9, 0.95, 0.99, 0.999, 1]

function sortedQuantile(sorted: readonly number[], quantile: number): number {
  return sorted[Math.ceil(sorted.length * quantile) - 1]!
}

/** From 2 microseconds to about a minute, evenly over the magnitudes. */
function values(count: number): number[] {
  const random = new Seed(71).stream('latencies')
  return Array.from({ length: count }, () => 10 ** (random.fraction() * 7.5 - 2.7))
}

test('every quantile is at or above the truth, by at most 1/128 and a microsecond', () => {
  const latencies = values(20_000)
  const histogram = new Histogram()
  for (const ms of latencies) histogram.record(ms)
  const sorted = latencies.toSorted((a, b) => a - b)
  for (const quantile of quantiles) {
    const truth = sortedQuantile(sorted, quantile)
    const told = histogram.quantile(quantile)
    expect(told, `p${quantile}`).toBeGreaterThanOrEqual(truth)
    expect(told, `p${quantile}`).toBeLessThanOrEqual(truth * (1 + 1 / 128) + 0.001)
  }
})

test('every value from a microsecond to a day lands in a slot whose edge is not below it', () => {
  for (let micros = 1; micros < 86_400e6; micros = Math.ceil(micros * 1.003)) {
    const histogram = new Histogram()
    histogram.record(micros / 1_000)
    histogram.record(Number.MAX_VALUE / 1e20) // so that the maximum does not hide the edge
    const told = histogram.quantile(0.5) * 1_000
    expect(told).toBeGreaterThanOrEqual(micros - 1e-6)
    expect(told).toBeLessThanOrEqual(micros * (1 + 1 / 128) + 1)
  }
})

test('count, mean and maximum are exact', () => {
  const histogram = new Histogram()
  for (const ms of [0.5, 1.25, 100.0625]) histogram.record(ms)
  expect([histogram.count, histogram.meanMs, histogram.maxMs]).toEqual([3, 33.9375, 100.0625])
})

test('values above a bound are counted by the value itself, not by its slot', () => {
  const histogram = new Histogram([1_000])
  for (const ms of [999.9, 1_000, 1_000.0001, 1_001, 5_000]) histogram.record(ms)
  expect(histogram.above(1_000)).toBe(3)
})

test('a bound that it was not told of is refused, for the slots cannot tell', () => {
  expect(() => new Histogram([5, 9]).above(7)).toThrow('7 ms was not counted exactly (bounds: 5 ms, 9 ms)')
})

test('merging is the same as having recorded everything in one', () => {
  const latencies = values(3_000)
  const whole = new Histogram([100])
  const parts = [new Histogram([100]), new Histogram([100]), new Histogram([100])]
  latencies.forEach((ms, at) => {
    whole.record(ms)
    parts[at % 3]!.record(ms)
  })
  const merged = new Histogram([100])
  for (const part of parts) merged.add(Histogram.from(structuredClone(part.saved())))
  expect(merged.count).toBe(3_000)
  expect(merged.above(100)).toBe(whole.above(100))
  expect(merged.maxMs).toBe(whole.maxMs)
  expect(merged.meanMs).toBeCloseTo(whole.meanMs, 6)
  for (const quantile of quantiles) expect(merged.quantile(quantile)).toBe(whole.quantile(quantile))
})

test('a bound that only one of two has is not claimed to be exact after merging', () => {
  const merged = new Histogram([5, 9])
  merged.add(new Histogram([9]))
  expect(merged.above(9)).toBe(0)
  expect(() => merged.above(5)).toThrow('not counted exactly')
})

test('an empty histogram has no quantile', () => {
  expect(new Histogram().quantile(0.5)).toBeNaN()
  expect(new Histogram().meanMs).toBeNaN()
})

test('what started ahead of its time counts as no time at all', () => {
  const histogram = new Histogram()
  histogram.record(-0.4)
  expect([histogram.quantile(1), histogram.maxMs]).toEqual([0, 0])
})
