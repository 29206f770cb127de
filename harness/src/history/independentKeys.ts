import { canonical } from './ednValue.ts'
import type { Corrupt, ForeignCall, ForeignEvent } from './foreignEvents.ts'

/**
 * Jepsen's independent keys: one register for each key, with `[key value]` for every value. `tagged`: only what carries
 * Jepsen's tag is one; `pairs`: every value is one; `none`: a value is a value.
 */
export type KeyReading = 'none' | 'tagged' | 'pairs'

export const isRead = (kind: string): boolean => kind === 'read' || kind === 'get'

/** A `[key value]`. */
interface Pair {
  key: unknown
  value: unknown
}

/** The value without Jepsen's tag, of an event that is not to be split. */
export function untupled(value: unknown): unknown {
  const pair = tupleOf(value)
  return pair === undefined ? value : [pair.key, pair.value]
}

function tupleOf(value: unknown): Pair | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  const [[tag, inner] = []] = Object.entries(value)
  if (tag === undefined || !/^#(?:jepsen\.)?independent[./]tuple$/i.test(tag)) return undefined
  return plainPairOf(inner)
}

function plainPairOf(value: unknown): Pair | undefined {
  return Array.isArray(value) && value.length === 2 ? { key: value[0], value: value[1] } : undefined
}

function pairOf(value: unknown, reading: KeyReading): Pair | undefined {
  if (reading === 'none') return undefined
  return tupleOf(value) ?? (reading === 'pairs' ? plainPairOf(value) : undefined)
}

export function hasTuples(calls: readonly ForeignCall[]): boolean {
  return calls.some(({ begin, end }) => tupleOf(begin.value) !== undefined || tupleOf(end?.value) !== undefined)
}

/**
 * Whether plain values are `[key value]`. `yes` takes every sign that Jepsen leaves: all that is invoked has a pair, each read
 * is invoked with `[key nil]`, each cas with `[key [old new]]`, and what ends well has the key that it began with. `no`: some
 * value is no pair. `unclear` is what could be either.
 */
export function looksKeyed(calls: readonly ForeignCall[]): 'yes' | 'no' | 'unclear' {
  if (calls.some(({ begin }) => begin.key !== undefined && begin.key !== null)) return 'no'
  let [everySign, readsWithKey] = [true, 0]
  for (const { kind, begin, end, type } of calls) {
    const begun = plainPairOf(begin.value)
    const ended = type === 'ok' ? plainPairOf(end?.value) : undefined
    if (begun === undefined && begin.value !== null) return 'no'
    if (type === 'ok' && ended === undefined && end?.value !== null && end?.value !== undefined) return 'no'
    if (begun !== undefined && Array.isArray(begun.key)) return 'no'
    if (kind === 'cas' && begun !== undefined && plainPairOf(begun.value) === undefined) return 'no'
    if (begun === undefined) everySign = false
    else if (ended !== undefined && canonical(ended.key) !== canonical(begun.key)) return 'no'
    else if (type === 'ok' && ended === undefined) everySign = false
    if (isRead(kind) && begun?.value === null) readsWithKey++
    else if (isRead(kind)) everySign = false
  }
  if (everySign && readsWithKey > 0) return 'yes'
  return calls.some(({ begin }) => plainPairOf(begin.value) !== undefined) ? 'unclear' : 'no'
}

/** The call with its key and its values apart. Throws where a value of a keyed history is no pair, or ends with another key. */
export function splitKey(call: ForeignCall, reading: KeyReading, corrupt: Corrupt): ForeignCall {
  const { begin, end } = call
  if (reading === 'none') return untagTuples(call)
  const begun = pairOf(begin.value, reading)
  const ended = pairOf(end?.value, reading)
  const key = begun?.key ?? ended?.key
  if (reading === 'tagged' && begun === undefined && ended === undefined) return call
  if (begun === undefined && (begin.value !== null || ended === undefined)) throw corrupt(begin.line, notAPair)
  if (end === undefined) return { ...call, begin: { ...begin, key, value: begun?.value ?? null } }
  const isEndOfBoth = ended !== undefined && begun !== undefined && call.type === 'ok'
  if (isEndOfBoth && canonical(ended.key) !== canonical(begun.key)) {
    throw corrupt(end.line, `process ${call.client} ends a ${call.kind} of another key than it had begun`)
  }
  if (call.type === 'ok' && ended === undefined && end.value !== null) throw corrupt(end.line, notAPair)
  const value = ended === undefined ? end.value : ended.value
  return { ...call, begin: { ...begin, key, value: begun?.value ?? null }, end: { ...end, key, value } }
}

const notAPair = 'its value is no [key value], though the values of this history are read as such'

function untagTuples(call: ForeignCall): ForeignCall {
  const plain = (event: ForeignEvent): ForeignEvent => ({ ...event, value: untupled(event.value) })
  return { ...call, begin: plain(call.begin), ...(call.end ? { end: plain(call.end) } : {}) }
}
