import { keyName } from './keyName.ts'
import type { Operation } from './operation.ts'

/** When an operation was under way, ms. */
export interface Span {
  startMs: number
  /** Infinity for what is undecided: it may take effect at any later time. */
  endMs: number
}

/**
 * The longest time in which the operation may have taken effect. Where its end lies before its start the clock went back
 * under it, and where a time is no number nobody knows it: such an operation overlaps every other.
 */
export function spanOf({ startedAtMs, endedAtMs, outcome }: Operation): Span {
  const backwards = endedAtMs < startedAtMs
  const startMs = backwards || !(startedAtMs > Number.NEGATIVE_INFINITY) ? Number.NEGATIVE_INFINITY : startedAtMs
  const ended = outcome !== 'info' && !backwards && endedAtMs >= startedAtMs
  return { startMs, endMs: ended ? endedAtMs : Number.POSITIVE_INFINITY }
}

/** When its answer came, as its own clock says; Infinity if it never came or nobody knows when. */
export function answeredAtMs({ startedAtMs, endedAtMs, outcome }: Operation): number {
  if (outcome === 'info' || Number.isNaN(endedAtMs)) return Number.POSITIVE_INFINITY
  return endedAtMs < startedAtMs ? startedAtMs : endedAtMs
}

/**
 * A sentence if the clock went back between two operations. One client's operations on a key come in the order in which it
 * asked: by their ids, and in the list. If the later one had ended before the earlier one began, no time can be trusted.
 */
export function clockWentBack(operations: readonly Operation[]): string | undefined {
  const latest = new Map<string, Operation>()
  for (const operation of operations) {
    const { client, id, table, key, startedAtMs, endedAtMs } = operation
    const name = JSON.stringify([client, table, keyName(key)])
    const before = latest.get(name)
    if (before !== undefined && id > before.id && endedAtMs < before.startedAtMs && endedAtMs >= startedAtMs) {
      return `the clock went back between operations ${before.id} and ${id} of ${client}, so their times tell no order`
    }
    if (before === undefined || startedAtMs > before.startedAtMs) latest.set(name, operation)
  }
  return undefined
}
