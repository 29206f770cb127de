import type { LatencySeries, LatencyWindow } from './latencyVerdict.ts'

/** One timed operation of a guard that drives its own calls. */
export interface TimedOperation {
  latencyMs: number
  /** True unless it ended ok. */
  failed?: boolean
}

/** Three disjoint windows, in the order of time, from operations that were timed one by one. */
export function latencySeries(what: string, operations: readonly TimedOperation[], windows = 3): LatencySeries {
  const size = Math.ceil(operations.length / windows)
  return {
    what,
    windows: Array.from({ length: windows }, (_, at) => windowOf(operations.slice(at * size, (at + 1) * size))),
  }
}

function windowOf(operations: readonly TimedOperation[]): LatencyWindow {
  const sorted = operations.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b)
  return {
    count: sorted.length,
    failed: operations.filter(({ failed }) => failed).length,
    above: (limitMs) => sorted.filter((ms) => ms > limitMs).length,
    quantile: (quantile) => sorted[Math.max(0, Math.ceil(sorted.length * quantile) - 1)] ?? Number.NaN,
  }
}
