import { absent, type Call, type Content } from './call.ts'
import type { TimedCall } from './timeline.ts'

/**
 * What the history itself tells about the calls of one key of which nobody knows whether they happened. A value that one
 * call alone writes betrays that call: was it read, the call took effect before that read ended; was it never met, the
 * call may as well not have happened. An undecided call overlaps all that follows, so each one decided saves much work.
 */
export function patch(calls: readonly Call[]): TimedCall[] {
  const writers = new Map<Content, number>([[absent, 1]])
  const metAtMs = new Map<Content, number>()
  let [tellsNothingApart, onlyWritten] = [true, true]
  for (const call of calls) {
    const { operation, written, act } = call
    if (written !== undefined) writers.set(written, (writers.get(written) ?? 0) + 1)
    // A comparison that failed may owe its failure to a value that nobody read.
    if (call.held === false) tellsNothingApart = false
    // What is appended or added makes values that nobody wrote.
    if (act === 'append' || act === 'add') onlyWritten = false
    const met = act === 'read' ? call.answered : act === 'cas' && call.held !== false ? call.expected : undefined
    if (met === undefined) continue
    const endedAtMs = call.optional ? Number.POSITIVE_INFINITY : operation.endedAtMs
    metAtMs.set(met, Math.min(endedAtMs, metAtMs.get(met) ?? Number.POSITIVE_INFINITY))
  }
  const timed: TimedCall[] = []
  for (const call of calls) {
    const { operation, written, act } = call
    if (!call.optional) {
      timed.push({ ...call, returnsAtMs: Math.max(operation.startedAtMs, operation.endedAtMs) })
      continue
    }
    if (act === 'read') continue
    const unique =
      onlyWritten && (act === 'write' || act === 'cas') && written !== undefined && writers.get(written) === 1
    const returnsAtMs = unique && written !== undefined ? metAtMs.get(written) : Number.POSITIVE_INFINITY
    if (returnsAtMs === undefined) {
      if (!tellsNothingApart) timed.push({ ...call, returnsAtMs: Number.POSITIVE_INFINITY })
    } else if (returnsAtMs === Number.POSITIVE_INFINITY || returnsAtMs < operation.startedAtMs) {
      timed.push({ ...call, returnsAtMs: Number.POSITIVE_INFINITY })
    } else timed.push({ ...call, optional: false, returnsAtMs, ...(act === 'cas' ? { held: true } : {}) })
  }
  return timed
}
