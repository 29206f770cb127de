import type { LatencyBudget } from '../base/latencyBudget.ts'
import { formatMs } from '../base/units.ts'
import type { HostReading } from '../probe/canary.ts'
import type { Histogram } from './histogram.ts'

/** Tells of stalls of this machine: the canary beside the run. */
export interface HostWatch {
  /** Times are ms since the epoch. */
  between(fromMs: number, toMs: number): HostReading | Promise<HostReading>
}

export interface Tolerances {
  /** The schedule lag (p99) from which the generator counts as saturated. */
  lagP99Ms: number
  /** The stall of the host from which nothing can be said. */
  stallMs: number
}

const leastLagMs = 1
const leastStallMs = 10
/** Without a budget no stall is known to be harmless. */
const stallWithoutBudgetMs = 50
const fullCoreRatio = 0.95

/**
 * 1 ms of lag, or a twentieth of the tightest limit where that is more: 20 ms do not touch a bound of 2 s. A healthy p99 is at
 * most a third of its limit, and a stall must be as long to make a healthy system look ill.
 */
export function tolerances(budgets: readonly LatencyBudget[]): Tolerances {
  const tightestMs = Math.min(...budgets.map(({ limit }) => limit))
  if (!Number.isFinite(tightestMs)) return { lagP99Ms: leastLagMs, stallMs: stallWithoutBudgetMs }
  return { lagP99Ms: Math.max(leastLagMs, tightestMs / 20), stallMs: Math.max(leastStallMs, tightestMs / 3) }
}

export interface GeneratorReading {
  lag: Histogram
  /** CPU time over wall time of the busiest thread. */
  coreRatio: number
  /** A closed loop has no schedule that it could be behind of. */
  isOpenLoop: boolean
}

export interface VoidReason {
  by: 'generator' | 'host'
  text: string
}

/** Undefined for a sound window. */
export function voidReason(
  { lag, coreRatio, isOpenLoop }: GeneratorReading,
  { lagP99Ms, stallMs }: Tolerances,
  host: HostReading | undefined,
): VoidReason | undefined {
  const beside = host?.load === undefined ? '' : ` (${host.load})`
  if (host !== undefined && host.readingCount === 0) {
    return { by: 'host', text: 'nobody watched the host: the canary gave no reading' }
  }
  if (host !== undefined && host.longestStallMs > stallMs) {
    return {
      by: 'host',
      text: `the host stood still for ${formatMs(host.longestStallMs)}, ${formatMs(stallMs)} are harmless${beside}`,
    }
  }
  if (coreRatio >= fullCoreRatio) {
    return { by: 'generator', text: `the generator is saturated: it took ${Math.round(coreRatio * 100)} % of its core` }
  }
  const lagged = lag.quantile(0.99)
  if (isOpenLoop && lagged > lagP99Ms) {
    return {
      by: 'generator',
      text: `the generator is saturated: its schedule lag p99 was ${formatMs(lagged)}, ${formatMs(lagP99Ms)} are allowed${beside}`,
    }
  }
  return undefined
}
