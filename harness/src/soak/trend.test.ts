import { describe, expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import { churnOf, type Point, trendOf } from './trend.ts'

const minute = 60_000

/** Readings each 5 s for so many minutes; noise is what the one before had, in part, and some more. */
function series(minutes: number, valueAt: (atMs: number) => number, noise = 0, seed = 1): Point[] {
  const random = new Seed(seed).stream('noise')
  let drift = 0
  return Array.from({ length: minutes * 12 + 1 }, (_, at) => {
    drift = 0.7 * drift + 0.3 * (random.fraction() - 0.5) * 2
    return { atMs: at * 5_000, value: valueAt(at * 5_000) + noise * drift }
  })
}

describe('the trend of a series', () => {
  test('of an exact line is that line', () => {
    const trend = trendOf(series(10, (atMs) => 50 + atMs / minute))
    expect(trend?.slopePerHour).toBeCloseTo(60, 6)
    expect(trend?.lowPerHour).toBeCloseTo(60, 6)
    expect(trend).toMatchObject({ rises: true, points: 121, spanMs: 10 * minute })
    expect(trend?.startValue).toBeCloseTo(50, 6)
  })

  test('of few readings, or with a stretch in which nothing was read, is not known', () => {
    expect(trendOf(series(1, () => 1))).toBeUndefined()
    const torn = series(10, () => 1).filter(({ atMs }) => atMs < 4 * minute || atMs > 6 * minute)
    expect(trendOf(torn)).toBeUndefined()
  })

  test('holds the true slope in its interval for 97 of 100 seeds at least, neighbours alike', () => {
    const held = Array.from({ length: 300 }, (_, seed) => {
      const trend = trendOf(series(10, (atMs) => 40 + (atMs / minute) * 2, 5, seed))
      return trend !== undefined && trend.lowPerHour <= 120 && trend.highPerHour >= 120
    })
    expect(held.filter(Boolean).length).toBeGreaterThanOrEqual(291)
  })

  test('a step rises in no half', () => {
    expect(trendOf(series(10, (atMs) => (atMs < 5 * minute ? 40 : 60), 1))?.rises).toBe(false)
    expect(trendOf(series(10, (atMs) => (atMs < 2 * minute ? 40 : 60), 1))?.rises).toBe(false)
  })

  test('a spike hardly moves it', () => {
    const spiked = series(10, () => 40, 1).map((point, at) => (at === 100 ? { ...point, value: 900 } : point))
    expect(Math.abs(trendOf(spiked)?.slopePerHour ?? Number.NaN)).toBeLessThan(20)
  })
})

describe('churn', () => {
  test('counts the falls of a sawtooth', () => {
    const teeth = series(10, (atMs) => 40 + ((atMs % (2 * minute)) / minute) * 10)
    expect(churnOf(teeth, 8)).toMatchObject({ falls: 5 })
    expect(churnOf(teeth, 8).greatestFall).toBeCloseTo(19.2, 0)
  })

  test('is none where there is only noise, or only a rise', () => {
    expect(
      churnOf(
        series(10, () => 40, 2),
        8,
      ).falls,
    ).toBe(0)
    expect(
      churnOf(
        series(10, (atMs) => atMs),
        8,
      ).falls,
    ).toBe(0)
  })
})
