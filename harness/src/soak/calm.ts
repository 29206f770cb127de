import { availability } from '../check/availability.ts'
import { History } from '../history/history.ts'
import type { Operation } from '../history/operation.ts'
import type { CalmStretch } from './shape.ts'

/** What clients met in a stretch of time without a fault, from the window's history. Times are ms since the epoch. */
export function calmOf(
  operations: readonly Operation[],
  { window, fromMs, toMs }: { window: number; fromMs: number; toMs: number },
): Omit<CalmStretch, 'hostStallMs' | 'foreignCpuRatio' | 'missed' | 'offered' | 'served'> {
  const within = operations.filter(({ startedAtMs, endedAtMs }) => startedAtMs >= fromMs && endedAtMs <= toMs)
  const acknowledged = within.filter(({ outcome }) => outcome === 'ok')
  const { p50Ms, p99Ms } = latencyOf(acknowledged)
  const { witness } = availability(new History({ operations: within }))
  const firstMs = Math.min(toMs, ...acknowledged.map(({ endedAtMs }) => endedAtMs))
  const lastMs = Math.max(fromMs, ...acknowledged.map(({ endedAtMs }) => endedAtMs))
  return {
    window,
    durationMs: toMs - fromMs,
    acknowledged: acknowledged.length,
    failed: within.length - acknowledged.length,
    latencyP50Ms: p50Ms,
    latencyP99Ms: p99Ms,
    // Clients arrive all the while: silence at either end is a gap, too.
    longestGapMs: Math.max(witness.longestGapMs ?? 0, firstMs - fromMs, toMs - lastMs),
  }
}

/** Of the answers to operations, from their start; 0 without any. */
export function latencyOf(operations: readonly Operation[]): { p50Ms: number; p99Ms: number } {
  if (operations.length === 0) return { p50Ms: 0, p99Ms: 0 }
  const sorted = operations.map(({ startedAtMs, endedAtMs }) => endedAtMs - startedAtMs).sort((a, b) => a - b)
  const at = (ratio: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * ratio) - 1)] ?? 0
  return { p50Ms: at(0.5), p99Ms: at(0.99) }
}
