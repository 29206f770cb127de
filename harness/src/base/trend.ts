import { median } from './median.ts'

/** How a series moves: the slope of Theil and Sen in units per step, with the interval that holds it at `confidence`. */
export interface Trend {
  perStep: number
  low: number
  high: number
  confidence: number
}

/** Below so many values the normal approximation of the interval is not to be relied on, and nothing is said. */
export const leastTrendValues = 10

/** Two-sided normal quantile at 99.9 %: a report looks at some dozens of series at once. */
const quantile = 3.2905
const confidence = 0.999

/**
 * The median of the slopes between all pairs of values, and Sen's interval around it from the variance of Kendall's score, ties
 * counted (Sen, J. Am. Stat. Assoc. 63, 1968). It asks for no distribution, and a wild value moves it little. The interval excludes 0
 * where the test of Mann and Kendall sees a trend. Undefined for fewer than `leastTrendValues` values.
 */
export function trendOf(values: readonly number[]): Trend | undefined {
  const n = values.length
  if (n < leastTrendValues || !values.every(Number.isFinite)) return undefined
  const slopes: number[] = []
  for (let to = 1; to < n; to++) {
    for (let from = 0; from < to; from++) {
      slopes.push(((values[to] as number) - (values[from] as number)) / (to - from))
    }
  }
  slopes.sort((a, b) => a - b)
  const reach = quantile * Math.sqrt(scoreVariance(values))
  const at = (index: number) => slopes[Math.min(slopes.length - 1, Math.max(0, index))] as number
  return {
    perStep: median(slopes),
    low: at(Math.floor((slopes.length - reach) / 2) - 1),
    high: at(Math.ceil((slopes.length + reach) / 2)),
    confidence,
  }
}

/** Of Kendall's score under no trend. Each group of equal values takes its part away. */
function scoreVariance(values: readonly number[]): number {
  const part = (size: number) => size * (size - 1) * (2 * size + 5)
  const groups = [...Map.groupBy(values, (value) => value).values()]
  return (part(values.length) - groups.reduce((sum, { length }) => sum + part(length), 0)) / 18
}
