import { expect, test } from 'vitest'
import { Seed } from './seed.ts'
import { leastTrendValues, trendOf } from './trend.ts'

const random = new Seed(71).stream('trend')
const noise = () => random.fraction() - 0.5
const series = (length: number, perStep: number, spread: number) =>
  Array.from({ length }, (_, at) => 100 + at * perStep + spread * noise())

test('a line is its own slope', () => {
  const trend = trendOf(Array.from({ length: 12 }, (_, at) => 5 + 3 * at))
  expect(trend).toEqual({ perStep: 3, low: 3, high: 3, confidence: 0.999 })
})

test('nothing is said of too few values, or of what is no number', () => {
  expect(trendOf(series(leastTrendValues - 1, 10, 0))).toBeUndefined()
  expect(trendOf([...series(leastTrendValues, 10, 0), Number.NaN])).toBeUndefined()
  expect(trendOf(series(leastTrendValues, 10, 0))).toBeDefined()
})

test('the interval holds the true slope, and no trend is seen in noise more often than its confidence allows', () => {
  let [held, seen] = [0, 0]
  for (let round = 0; round < 2_000; round++) {
    const moving = trendOf(series(14, 2, 30))
    if (moving && moving.low <= 2 && moving.high >= 2) held++
    const still = trendOf(series(14, 0, 30))
    if (still && (still.low > 0 || still.high < 0)) seen++
  }
  expect(held).toBeGreaterThanOrEqual(1_990)
  expect(seen).toBeLessThanOrEqual(8)
})

test('a steady rise in noise is seen, also with one wild value in it', () => {
  const rising = series(20, 5, 20).with(9, 10_000)
  const trend = trendOf(rising)
  expect(trend?.low).toBeGreaterThan(0)
  expect(trend?.perStep).toBeGreaterThan(3.5)
  expect(trend?.perStep).toBeLessThan(6.5)
})

test('equal values have no trend', () => {
  expect(trendOf(new Array<number>(20).fill(7))).toMatchObject({ perStep: 0, low: 0, high: 0 })
})
