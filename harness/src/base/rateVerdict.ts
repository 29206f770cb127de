import { type Budget, budget } from './budget.ts'
import type { LatencySeries, LatencyWindow } from './latencyVerdict.ts'

/** A throughput that is to be reached, and the share of operations that must end ok meanwhile: refusing is quick. */
export interface RateBudget extends Budget {
  readonly unit: 'perSecond'
  readonly leastSuccessRatio: number
}

export function rateBudget(
  name: string,
  leastPerSecond: number,
  source: string,
  { leastSuccessRatio = 1 }: { leastSuccessRatio?: number } = {},
): RateBudget {
  if (!(leastSuccessRatio > 0 && leastSuccessRatio <= 1))
    throw new RangeError(`the success ratio of ${name} is above 0, at most 1`)
  return { ...budget(name, leastPerSecond, 'perSecond', source), unit: 'perSecond', leastSuccessRatio }
}

export function isRateBudget(value: Budget): value is RateBudget {
  return 'leastSuccessRatio' in value
}

export interface RateVerdict {
  verdict: 'met' | 'broken' | 'inconclusive'
  found: string
}

const windowsNeeded = 3
const windowsThatAgree = 2

/** Only what ended ok counts. The success rate is judged first, over all sound windows; of the rates two windows must agree. */
export function judgeRate({ what, windows: all }: LatencySeries, bound: RateBudget): RateVerdict {
  const windows = all.filter((window) => window.voidBecause === undefined && window.elapsedMs !== undefined)
  const count = sum(windows, (window) => window.count)
  const failed = sum(windows, (window) => window.failed)
  const successRatio = count === 0 ? 0 : (count - failed) / count
  const rates = windows.map((window) => ((window.count - window.failed) * 1_000) / (window.elapsedMs ?? Number.NaN))
  const shown = rates.map((rate) => rate.toFixed(1)).join(', ') || 'no reading'
  const found =
    `${what}: ${shown} a second ended ok, ${(successRatio * 100).toFixed(2)} % of ${count}; at least ${bound.limit} a second and ` +
    `${bound.leastSuccessRatio * 100} % are needed (${bound.name}: ${bound.source}).`
  if (windows.length < windowsNeeded) {
    const reason = all.find((window) => window.voidBecause !== undefined)?.voidBecause
    const why = reason === undefined ? '' : `: ${reason}`
    return {
      verdict: 'inconclusive',
      found: `Only ${windows.length} sound windows, ${windowsNeeded} are needed${why}. ${found}`,
    }
  }
  if (successRatio < bound.leastSuccessRatio)
    return { verdict: 'broken', found: `Too many operations failed. ${found}` }
  const reached = rates.filter((rate) => rate >= bound.limit).length
  return { verdict: reached >= windowsThatAgree ? 'met' : 'broken', found }
}

function sum(windows: readonly LatencyWindow[], of: (window: LatencyWindow) => number): number {
  return windows.reduce((total, window) => total + of(window), 0)
}
