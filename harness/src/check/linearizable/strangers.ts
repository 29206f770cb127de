import type { Operation } from '../../history/operation.ts'
import { spanOf } from '../../history/span.ts'
import type { Call } from './call.ts'

/** An operation that no model knows, and when it was under way. */
export interface Stranger {
  operation: Operation
  startMs: number
  /** Infinity for what is undecided. */
  endMs: number
}

export function strangerOf(operation: Operation): Stranger {
  return { operation, ...spanOf(operation) }
}

/** More of them than this count as one from the first to the last: it refutes less, and costs nothing. */
const mostApart = 500

/** Strangers that overlap, as one: in order, each with the operation that began first. */
export function merged(strangers: readonly Stranger[]): Stranger[] {
  const apart: Stranger[] = []
  for (const stranger of strangers.toSorted((a, b) => a.startMs - b.startMs)) {
    const last = apart.at(-1)
    if (last === undefined || stranger.startMs > last.endMs) apart.push({ ...stranger })
    else if (stranger.endMs > last.endMs) last.endMs = stranger.endMs
  }
  const [first] = apart
  if (first === undefined || apart.length <= mostApart) return apart
  return [{ ...first, endMs: (apart.at(-1) as Stranger).endMs }]
}

/**
 * The calls of one key that strangers may have touched, so that an order is missing only if it is missing however they
 * went. While a stranger is under way it may change the key at any moment and more than once: what is answered then says
 * nothing. At its end it leaves what nobody knows. One that is undecided is under way for ever.
 */
export function besideStrangers(calls: readonly Call[], strangers: readonly Stranger[]): Call[] {
  if (strangers.length === 0) return calls as Call[]
  const apart = merged(strangers)
  const beside = calls.flatMap((call) => (isBeside(call, apart) ? loosened(call) : [call]))
  for (const { operation, startMs, endMs } of apart) {
    if (endMs !== Number.POSITIVE_INFINITY) beside.push({ operation, act: 'anything', optional: false, startMs, endMs })
  }
  return beside
}

/** The last stranger that began before the call ended decides, as they lie apart. */
function isBeside({ startMs, endMs }: Call, apart: readonly Stranger[]): boolean {
  let [low, high] = [0, apart.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((apart[middle] as Stranger).startMs > endMs) high = middle
    else low = middle + 1
  }
  const last = apart[low - 1]
  return last !== undefined && last.endMs >= startMs
}

function loosened({ operation, act, optional, startMs, endMs, written, expected }: Call): Call[] {
  const call = { operation, optional, startMs, endMs }
  switch (act) {
    case 'read':
      return []
    case 'write':
    case 'delete':
      return [{ ...call, act, ...(written === undefined ? {} : { written }) }]
    case 'cas':
      return [{ ...call, act, optional: true, ...(written === undefined ? {} : { written, expected: expected ?? '' }) }]
    default:
      return [{ ...call, act: 'anything' }]
  }
}
