import type { Call } from './call.ts'
import { anything, type Content } from './content.ts'
import type { TimedCall } from './timeline.ts'

/**
 * What the history itself tells about the calls of one key of which nobody knows whether they happened. A value that one
 * call alone writes betrays that call: was it read, the call took effect before that read ended; was it never met, the
 * call may as well not have happened. An undecided call overlaps all that follows, so each one decided saves much work.
 * `start` is what the key held at first.
 */
export function patch(calls: readonly Call[], start: Content): TimedCall[] {
  // The empty text may be the answer of a key that holds nothing, so reading it betrays no one.
  const writers = new Map<Content, number>([
    [start, 1],
    ['s', 1],
  ])
  const metAtMs = new Map<Content, number>()
  let [tellsNothingApart, onlyWritten] = [true, start !== anything]
  for (const call of calls) {
    const { written, act } = call
    if (written !== undefined) writers.set(written, (writers.get(written) ?? 0) + 1)
    // A comparison that failed may owe its failure to a value that nobody read.
    if (call.held === false) tellsNothingApart = false
    // What is appended, added or not known makes values that nobody wrote.
    if (act === 'append' || act === 'add' || act === 'anything') onlyWritten = false
    const met = act === 'read' ? call.answered : act === 'cas' && call.held !== false ? call.expected : undefined
    if (met === undefined) continue
    const endedAtMs = call.optional ? Number.POSITIVE_INFINITY : call.endMs
    metAtMs.set(met, Math.min(endedAtMs, metAtMs.get(met) ?? Number.POSITIVE_INFINITY))
  }
  const timed: TimedCall[] = []
  for (const call of calls) {
    const { written, act } = call
    if (!call.optional) {
      timed.push({ ...call, returnsAtMs: call.endMs })
      continue
    }
    if (act === 'read') continue
    const unique =
      onlyWritten && (act === 'write' || act === 'cas') && written !== undefined && writers.get(written) === 1
    const returnsAtMs = unique && written !== undefined ? metAtMs.get(written) : Number.POSITIVE_INFINITY
    if (returnsAtMs === undefined) {
      if (!tellsNothingApart) timed.push({ ...call, returnsAtMs: Number.POSITIVE_INFINITY })
    } else if (returnsAtMs === Number.POSITIVE_INFINITY || returnsAtMs < call.startMs) {
      timed.push({ ...call, returnsAtMs: Number.POSITIVE_INFINITY })
    } else timed.push({ ...call, optional: false, returnsAtMs, ...(act === 'cas' ? { held: true } : {}) })
  }
  return timed
}
