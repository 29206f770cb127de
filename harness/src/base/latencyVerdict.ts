import { atLeast, atMost, mostByChance } from './binomial.ts'
import { type LatencyBudget, leastOperations, quantileName } from './latencyBudget.ts'
import { formatCount, formatMs } from './units.ts'

/** The latencies of one stretch of a run, each counted from its intended start; failed ones at the time they took. */
export interface LatencyWindow {
  /** All operations that ended, however they ended. */
  readonly count: number
  /** Those that did not end ok. */
  readonly failed: number
  /** Exact, for the limits of the budgets that the run was told of. */
  above(limitMs: number): number
  quantile(quantile: number): number
  /** Its length, where a rate is to be judged. */
  readonly elapsedMs?: number
  /** Why nothing can be said from it: the host or the generator stalled. A sentence without its full stop. */
  readonly voidBecause?: string
}

/** What a latency budget is judged on. */
export interface LatencySeries {
  /** What was timed: "search", "a write until a follower holds it". */
  readonly what: string
  readonly windows: readonly LatencyWindow[]
  /** The file with its figures, told when the budget is not met. */
  readonly open?: string
}

export interface LatencyVerdict {
  verdict: 'met' | 'broken' | 'inconclusive'
  /** Subject, bound, last reading and count, in one or two sentences. */
  found: string
}

/** How sure a window must be before it says red or green. */
const alpha = 0.01
const windowsNeeded = 3
const windowsThatAgree = 2

/**
 * Stalls come in clumps, so one bad second must not turn a gate red: three disjoint windows are judged by the exact binomial
 * on the count above the limit, and two of them must agree. Errors are judged first, over all windows together.
 */
export function judgeLatencyBudget(series: LatencySeries, budget: LatencyBudget): LatencyVerdict {
  const windows = series.windows.filter((window) => window.voidBecause === undefined)
  const readings = readingsOf(series, windows, budget)
  const least = leastOperations(budget.quantile)
  const errors = judgeErrors(windows, budget)
  if (errors !== undefined) return { verdict: errors.verdict, found: `${errors.found} ${readings}` }
  if (windows.length < windowsNeeded) {
    const reason = series.windows.find((window) => window.voidBecause !== undefined)?.voidBecause
    const why = reason === undefined ? '' : `: ${reason}`
    return {
      verdict: 'inconclusive',
      found: `Only ${windows.length} of ${series.windows.length} windows are sound, ${windowsNeeded} are needed${why}. ${readings}`,
    }
  }
  const small = windows.find((window) => window.count < least)
  if (small !== undefined) {
    return {
      verdict: 'inconclusive',
      found: `A window holds ${formatCount(small.count)} operations; ${quantileName(budget.quantile)} needs at least ${formatCount(least)} in each. ${readings}`,
    }
  }
  const judged = windows.map((window) => judgeWindow(window, budget))
  const broken = judged.filter((each) => each === 'broken').length
  const met = judged.filter((each) => each === 'met').length
  if (broken >= windowsThatAgree) return { verdict: 'broken', found: readings }
  if (met >= windowsThatAgree) return { verdict: 'met', found: readings }
  return {
    verdict: 'inconclusive',
    found: `The windows do not agree (${judged.join(', ')}): too close to the limit for this many operations. ${readings}`,
  }
}

function judgeWindow(window: LatencyWindow, budget: LatencyBudget): LatencyVerdict['verdict'] {
  const above = window.above(budget.limit)
  const allowed = 1 - budget.quantile
  if (atLeast(above, window.count, allowed) < alpha) return 'broken'
  return atMost(above, window.count, allowed) < alpha ? 'met' : 'inconclusive'
}

function judgeErrors(windows: readonly LatencyWindow[], budget: LatencyBudget): LatencyVerdict | undefined {
  const count = windows.reduce((sum, window) => sum + window.count, 0)
  const failed = windows.reduce((sum, window) => sum + window.failed, 0)
  if (failed <= count * budget.errorRatio) return undefined
  const found = `${formatCount(failed)} of ${formatCount(count)} operations failed, the error budget is ${budget.errorRatio * 100} %.`
  const isChance = budget.errorRatio > 0 && atLeast(failed, count, budget.errorRatio) >= alpha
  return { verdict: isChance ? 'inconclusive' : 'broken', found }
}

/** "search: p99 2.3 ms, 2.4 ms, 9.1 ms in windows of 500, 500, 500 operations, above 8.6 ms 1, 0, 6 (up to 11 by chance)" */
function readingsOf({ what }: LatencySeries, windows: readonly LatencyWindow[], budget: LatencyBudget): string {
  const name = quantileName(budget.quantile)
  const bound = `its budget is ${name} < ${formatMs(budget.limit)} (${budget.name}: ${budget.source})`
  if (windows.length === 0) return `${what}: ${bound}.`
  const list = (reading: (window: LatencyWindow) => string) => windows.map(reading).join(', ')
  const quantiles = list((window) => (window.count === 0 ? 'no reading' : formatMs(window.quantile(budget.quantile))))
  const counts = list((window) => formatCount(window.count))
  const above = list((window) => formatCount(window.above(budget.limit)))
  const chance = list((window) => formatCount(mostByChance(window.count, 1 - budget.quantile, alpha)))
  return `${what}: ${name} was ${quantiles} in windows of ${counts} operations, ${bound}; above it were ${above} where chance explains ${chance}.`
}
