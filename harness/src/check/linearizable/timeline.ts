import type { Call } from './call.ts'

/** A call with the time by which it must have taken effect: its end, or an earlier one that patching found. */
export interface TimedCall extends Call {
  /** Infinity for a call that may be left out. */
  returnsAtMs: number
}

/**
 * Calls and returns of one key in the order of time, as a doubly linked list of entries out of which an operation is
 * lifted when it is put in the order. Entry 0 is the head; an optional call has no return.
 */
export interface Timeline {
  calls: readonly TimedCall[]
  next: Int32Array
  previous: Int32Array
  /** By entry, the call it belongs to. */
  callAt: Int32Array
  /** By entry: 1 if it is a return. */
  isReturn: Uint8Array
  /** By call, its entries; 0 where there is none. */
  callEntry: Int32Array
  returnEntry: Int32Array
}

/** At equal times calls come before returns: what may have overlapped did. */
export function timelineOf(unordered: readonly TimedCall[]): Timeline {
  const calls = unordered.toSorted((a, b) => a.startMs - b.startMs)
  const returns = calls.map((_, call) => call).filter((call) => !calls[call]?.optional)
  returns.sort((a, b) => (calls[a] as TimedCall).returnsAtMs - (calls[b] as TimedCall).returnsAtMs)
  const entries = calls.length + returns.length
  const timeline: Timeline = {
    calls,
    next: new Int32Array(entries + 1),
    previous: new Int32Array(entries + 1),
    callAt: new Int32Array(entries + 1),
    isReturn: new Uint8Array(entries + 1),
    callEntry: new Int32Array(calls.length),
    returnEntry: new Int32Array(calls.length),
  }
  let nextReturn = 0
  let nextCall = 0
  for (let entry = 1; entry <= entries; entry++) {
    const returning = returns[nextReturn]
    const isReturn =
      nextCall >= calls.length ||
      (returning !== undefined && (calls[returning] as TimedCall).returnsAtMs < (calls[nextCall] as TimedCall).startMs)
    const call = isReturn ? (returns[nextReturn++] as number) : nextCall++
    timeline.callAt[entry] = call
    timeline.isReturn[entry] = isReturn ? 1 : 0
    ;(isReturn ? timeline.returnEntry : timeline.callEntry)[call] = entry
    timeline.previous[entry] = entry - 1
    timeline.next[entry - 1] = entry
  }
  return timeline
}
