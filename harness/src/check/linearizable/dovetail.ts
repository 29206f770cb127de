import { cpuMs } from './cpu.ts'
import type { Partition } from './partitions.ts'
import { patch } from './patch.ts'
import { Search } from './search.ts'

export interface SearchBudget {
  /** Of this thread's processor time: on a busy machine a verdict takes longer, and stays the same. */
  timeMs: number
  bytes: number
}

export interface Outcome {
  /** The first key found that no order explains. */
  refuted?: { partition: Partition; search: Search }
  /** Keys whose search did not come to its end. */
  open: { partition: Partition; search: Search }[]
  /** What ran out, in words. */
  spent?: string
  steps: number
  configurations: number
  /** The most that was held at one time, roughly. */
  peakBytes: number
}

/** Small enough that one hard key does not keep the others waiting; about 5 ms of work. */
const firstPortion = 20_000
/** The budget is looked at between portions, so none may take long. */
const largestPortion = 640_000

/**
 * Searches all keys by turns, each turn twice as long: a key that refutes the history is found although another one
 * would take for ever. Ends at the first refutation, or when the budget is spent.
 */
export function searchAll(partitions: readonly Partition[], budget: SearchBudget): Outcome {
  const startedAtMs = cpuMs()
  const outcome: Outcome = { open: [], steps: 0, configurations: 0, peakBytes: 0 }
  let waiting = partitions.map((partition) => ({ partition, search: undefined as Search | undefined }))
  for (let portion = firstPortion; waiting.length > 0; portion = Math.min(2 * portion, largestPortion)) {
    const rest: typeof waiting = []
    let bytes = 0
    for (const [turn, { partition, search: begun }] of waiting.entries()) {
      const search = begun ?? searchOf(partition)
      const before = { steps: search.steps, configurations: search.configurations }
      const verdict = search.run(portion)
      outcome.steps += search.steps - before.steps
      outcome.configurations += search.configurations - before.configurations
      if (verdict === 'invalid') return { ...outcome, refuted: { partition, search } }
      if (verdict === undefined) {
        rest.push({ partition, search })
        bytes += search.bytes
      }
      outcome.peakBytes = Math.max(outcome.peakBytes, bytes)
      const spentMs = cpuMs() - startedAtMs
      if (bytes > budget.bytes) outcome.spent = 'memory'
      else if (spentMs > budget.timeMs) outcome.spent = 'time'
      if (outcome.spent === undefined || (rest.length === 0 && turn === waiting.length - 1)) continue
      const unseen = waiting.slice(turn + 1)
      const open = [...rest, ...unseen].map(({ partition, search }) => ({
        partition,
        search: search ?? searchOf(partition),
      }))
      return { ...outcome, open }
    }
    waiting = rest
  }
  delete outcome.spent
  return outcome
}

function searchOf({ calls, beginning }: Partition): Search {
  return new Search(patch(calls, beginning.start), beginning)
}
