import { canonical } from './ednValue.ts'
import type { Event } from './event.ts'
import { type Corrupt, callsOf, type ForeignCall, type ForeignEvent, keyText, shownValue } from './foreignEvents.ts'
import { History } from './history.ts'
import { hasTuples, isRead, type KeyReading, looksKeyed, splitKey } from './independentKeys.ts'
import type { Operation } from './operation.ts'

export interface ForeignOptions {
  /** Whether every value is Jepsen's `[key value]`. Left out: told by Jepsen's tag, or by the shape of the values. */
  keyed?: boolean
}

/** A history of another tool, and in which ways it could be read. */
export interface ForeignHistory {
  history: History
  /** The same with every value read as `[key value]`, where its shape does not tell which of the two it is. */
  asKeyed?: History
  /** Sentences on what was taken for what, for people. */
  notes: string[]
}

/**
 * Makes operations of events. `failedCasAnswers`: a cas that failed without an error compared and found another value (as in the
 * logs of etcd); without it, it did not happen for a reason that is not told (as in Knossos).
 */
export function historyOf(
  events: Iterable<ForeignEvent>,
  corrupt: Corrupt,
  options: ForeignOptions & { failedCasAnswers: boolean },
): ForeignHistory {
  const { calls, notes } = callsOf(events, corrupt)
  const read = (reading: KeyReading) => historyFrom(calls, notes, reading, corrupt, options.failedCasAnswers)
  if (options.keyed !== undefined) return { history: read(options.keyed ? 'pairs' : 'none'), notes: [] }
  if (hasTuples(calls)) return { history: read('tagged'), notes: [] }
  const looks = looksKeyed(calls)
  if (looks === 'no') return { history: read('none'), notes: [] }
  if (looks === 'yes') return { history: read('pairs'), notes: [guessed] }
  return { history: read('none'), asKeyed: read('pairs'), notes: [] }
}

const guessed =
  "guessed: each value is the [key value] of Jepsen's independent keys (every read begins with [key nil]); --no-keyed takes " +
  'it for a value'

function historyFrom(
  calls: readonly ForeignCall[],
  events: Event[],
  reading: KeyReading,
  corrupt: Corrupt,
  failedCasAnswers: boolean,
): History {
  const operations = calls.map((call, at) => operationOf(splitKey(call, reading, corrupt), at + 1, failedCasAnswers))
  return new History({ operations, events })
}

function operationOf(call: ForeignCall, id: number, failedCasAnswers: boolean): Operation {
  const { client, kind, begin, end, type } = call
  const key = keyText(begin.key)
  // Some clients tell only at the end what they wrote.
  const value = isRead(kind) ? null : (begin.value ?? (type === 'ok' ? end?.value : null))
  const compared = type === 'fail' && kind === 'cas' && failedCasAnswers && onlyCompared(call)
  return {
    id,
    client,
    node: '?',
    kind,
    ...(key === undefined ? {} : { key }),
    ...(value === null || value === undefined ? {} : { value }),
    startedAtMs: call.beginAt,
    endedAtMs: call.endAt,
    outcome: compared ? 'ok' : type,
    ...resultOf(call, compared),
    ...(isNothing(end?.error) ? {} : { error: shownValue(end?.error) }),
    line: { started: begin.line, ...(end ? { ended: end.line } : {}) },
  }
}

/** An error behind the value, or in its place, says that something else went wrong than the comparison. */
function onlyCompared({ begin, end }: ForeignCall): boolean {
  return isNothing(end?.error) && canonical(end?.value) === canonical(begin.value)
}

function resultOf({ kind, type, end }: ForeignCall, compared: boolean): { result?: unknown } {
  if (compared) return { result: false }
  return type === 'ok' && isRead(kind) && !isNothing(end?.value) ? { result: end?.value } : {}
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null
}
