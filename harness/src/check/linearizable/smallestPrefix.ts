import type { Call } from './call.ts'
import type { Content } from './content.ts'
import { cpuMs } from './cpu.ts'
import type { Partition } from './partitions.ts'
import { patch } from './patch.ts'
import { Search } from './search.ts'

export interface FailingPrefix {
  /** All that had begun when the last one ended, in order of their starts. */
  calls: Call[]
  /** The call whose answer no order explains any more. */
  last: Call
  /** What the key held just before, in one order that explains everything until then. */
  held: Content
  /** False where the time ran out: it fails, but a smaller one may, too. */
  smallest: boolean
}

/** A prefix that takes longer counts as one that may be explained, so what is shown always fails. */
const stepsPerPrefix = 2_000_000

/**
 * The smallest prefix of a refuted key's history that has no order. What is under way at its end is undecided in it, so a
 * prefix of one that has an order has one, too, and halving finds it.
 */
export function smallestPrefix({ calls, beginning }: Partition, budgetMs: number): FailingPrefix {
  const deadlineMs = cpuMs() + budgetMs
  const ends = [...new Set(calls.filter((call) => !call.optional).map(({ endMs }) => endMs))]
  ends.sort((a, b) => a - b)
  let [explained, failing] = [-1, ends.length - 1]
  let held: Content = ''
  while (failing - explained > 1 && cpuMs() < deadlineMs) {
    const middle = (explained + failing) >>> 1
    const search = new Search(patch(prefixAt(calls, ends[middle] as number), beginning.start), beginning)
    if (search.run(stepsPerPrefix) === 'invalid') failing = middle
    else {
      explained = middle
      held = search.held
    }
  }
  const endMs = ends[failing] as number
  return {
    calls: calls.filter(({ startMs }) => startMs <= endMs).toSorted((a, b) => a.startMs - b.startMs),
    last: calls.find((call) => !call.optional && call.endMs === endMs) as Call,
    held,
    smallest: failing - explained === 1,
  }
}

function prefixAt(calls: readonly Call[], endMs: number): Call[] {
  return calls.filter(({ startMs }) => startMs <= endMs).map((call) => (call.endMs <= endMs ? call : undecided(call)))
}

function undecided({ answered: _, held: __, ...call }: Call): Call {
  return { ...call, optional: true }
}
