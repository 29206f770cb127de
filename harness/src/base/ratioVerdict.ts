import type { Budget } from './budget.ts'
import { signedRankInterval } from './signedRank.ts'

/** One figure of two builds, measured one right after the other. */
export interface RatioPair {
  base: number
  with: number
}

export interface RatioVerdict {
  verdict: 'met' | 'broken' | 'inconclusive'
  /** How many times worse than the base, and the interval that holds it at 99 %; absent with too few pairs. */
  ratio?: number
  low?: number
  high?: number
  found: string
}

/** From one run to the next, figures vary by 13.5 % here; the ratio of two by 1.4 times that. */
const deviation = 0.135 * Math.SQRT2
const leastPairs = 10
/** Three figures are judged at once: at 95 % each, equal builds would be red once in fourteen times. */
const confidence = 0.99

/**
 * How many pairs tell a build at the limit from an equal one: three deviations of their mean. 36 for 1.1, 10 for 1.2 and above.
 */
export function pairsFor(limit: number): number {
  return Math.max(leastPairs, Math.ceil(((3 * deviation) / Math.log(limit)) ** 2))
}

/**
 * "No worse than `limit` times the base". Broken only when the interval of the ratio lies above 1 and its middle above the limit; met
 * when the whole interval lies below the limit; else nobody can say. `isBetterAbove`: a rate, of which more is better.
 */
export function judgeRatio(
  what: string,
  pairs: readonly RatioPair[],
  budget: Budget,
  { isBetterAbove = false }: { isBetterAbove?: boolean } = {},
): RatioVerdict {
  const logarithms = pairs.map((pair) => Math.log(isBetterAbove ? pair.base / pair.with : pair.with / pair.base))
  const interval = logarithms.every(Number.isFinite) ? signedRankInterval(logarithms, confidence) : undefined
  const bound = `the limit is ${budget.limit} (${budget.name}: ${budget.source})`
  if (!interval) {
    return { verdict: 'inconclusive', found: `${what}: ${pairs.length} pairs are too few or hold no figure; ${bound}.` }
  }
  const [ratio, low, high] = [interval.estimate, interval.low, interval.high].map(Math.exp) as [number, number, number]
  const found = `${what} is ${ratio.toFixed(3)} times as ${isBetterAbove ? 'bad' : 'much'}, from ${low.toFixed(3)} to ${high.toFixed(3)} at 99 % over ${pairs.length} pairs; ${bound}.`
  if (low > 1 && ratio > budget.limit) return { verdict: 'broken', ratio, low, high, found }
  if (high < budget.limit) return { verdict: 'met', ratio, low, high, found }
  return { verdict: 'inconclusive', ratio, low, high, found: `${found} More pairs would tell.` }
}
