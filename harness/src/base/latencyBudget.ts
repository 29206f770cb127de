import { type Budget, budget } from './budget.ts'

/** A bound on a quantile of latencies, and on how many operations may fail: a fast failure must not pass as fast. */
export interface LatencyBudget extends Budget {
  readonly unit: 'ms'
  /** 0.99 for p99. */
  readonly quantile: number
  /** Failed and unknown operations over all, 0 to 1. Judged before any latency. */
  readonly errorRatio: number
}

/** `quantile` is 0.99 and no operation may fail, unless told otherwise. */
export function latencyBudget(
  name: string,
  limitMs: number,
  source: string,
  { quantile = 0.99, errorRatio = 0 }: { quantile?: number; errorRatio?: number } = {},
): LatencyBudget {
  if (!(quantile > 0 && quantile < 1))
    throw new RangeError(`the quantile of ${name} lies between 0 and 1, not at ${quantile}`)
  if (!(errorRatio >= 0 && errorRatio < 1)) throw new RangeError(`the error ratio of ${name} is from 0 to below 1`)
  return { ...budget(name, limitMs, 'ms', source), unit: 'ms', quantile, errorRatio }
}

export function isLatencyBudget(value: Budget): value is LatencyBudget {
  return 'quantile' in value
}

/**
 * The least operations of one window from which a quantile can be judged either way at 1 %: 500 for p99 (459 would do without
 * a single one above the bound), 5 000 for p999; and never below 20, which is what supports a median.
 */
export function leastOperations(quantile: number): number {
  return Math.max(20, Math.round(5 / (1 - quantile)))
}

/** 0.99 -> "p99", 0.999 -> "p999", 0.5 -> "p50" */
export function quantileName(quantile: number): string {
  const digits = String(Math.round(quantile * 1e6) / 1e6).slice(2)
  return `p${digits.padEnd(2, '0')}`
}
