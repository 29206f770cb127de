import type { Call, Content } from './call.ts'
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
export function smallestPrefix(calls: readonly Call[], budgetMs: number): FailingPrefix {
  const deadlineMs = performance.now() + budgetMs
  const ends = [...new Set(calls.filter((call) => !call.optional).map(({ operation }) => operation.endedAtMs))]
  ends.sort((a, b) => a - b)
  let [explained, failing] = [-1, ends.length - 1]
  let held: Content = ''
  while (failing - explained > 1 && performance.now() < deadlineMs) {
    const middle = (explained + failing) >>> 1
    const search = new Search(patch(prefixAt(calls, ends[middle] as number)))
    if (search.run(stepsPerPrefix) === 'invalid') failing = middle
    else {
      explained = middle
      held = search.held
    }
  }
  const endMs = ends[failing] as number
  return {
    calls: calls
      .filter(({ operation }) => operation.startedAtMs <= endMs)
      .toSorted((a, b) => a.operation.startedAtMs - b.operation.startedAtMs),
    last: calls.find((call) => !call.optional && call.operation.endedAtMs === endMs) as Call,
    held,
    smallest: failing - explained === 1,
  }
}

function prefixAt(calls: readonly Call[], endMs: number): Call[] {
  return calls
    .filter(({ operation }) => operation.startedAtMs <= endMs)
    .map((call) => (call.operation.endedAtMs <= endMs ? call : undecided(call)))
}

function undecided({ answered: _, held: __, ...call }: Call): Call {
  return { ...call, optional: true }
}
