import { HarnessError } from '../base/errors.ts'
import { canonical, untagged } from './ednValue.ts'
import type { Event } from './event.ts'
import { tooDeep } from './parseJson.ts'

/** One line of a history in Jepsen's way: a process invokes something, and later tells how it ended. */
export interface ForeignEvent {
  line: number
  /** A number for a client; a name such as :nemesis for what is none. */
  process: unknown
  type: unknown
  f: unknown
  key?: unknown
  value: unknown
  error?: unknown
}

/** What one process did: how it began and, if that is told, how it ended. */
export interface ForeignCall {
  client: string
  kind: string
  begin: ForeignEvent
  beginAt: number
  type: 'ok' | 'fail' | 'info'
  end?: ForeignEvent
  endAt: number
}

export type Corrupt = (line: number, why: string, cause?: unknown) => HarnessError

/** What a damaged history of any format is refused with. */
export function corruptAt(path: string): Corrupt {
  return (line, why, cause) => {
    const what = why === tooDeep ? 'cannot be read' : 'is damaged'
    return new HarnessError('HISTORY_CORRUPT', `The history ${path} ${what} at line ${line}: ${why}.`, { cause })
  }
}

/**
 * Puts beginnings and ends together. The times are positions among the events, whose order is that of real time. What never
 * ended is undecided. What the nemesis did, or a process that only informs, is a note.
 */
export function callsOf(events: Iterable<ForeignEvent>, corrupt: Corrupt): { calls: ForeignCall[]; notes: Event[] } {
  const calls: ForeignCall[] = []
  const notes: Event[] = []
  const open = new Map<string, ForeignCall>()
  const strays: { event: ForeignEvent; client: string; kind: string }[] = []
  let position = 0
  for (const event of events) {
    const at = ++position
    const type = nameOf(event.type)
    const kind = nameOf(event.f)
    const client = processOf(event.process)
    if (client === undefined) throw corrupt(event.line, 'it is not told which process did it')
    const isClient = client !== 'nemesis'
    if (isClient && !types.includes(type)) {
      throw corrupt(event.line, `${shownValue(event.type)} is not how an operation begins or ends`)
    }
    if (isClient && kind === '') throw corrupt(event.line, 'it is not told what was done')
    const begun = open.get(client)
    if (type === 'invoke' && isClient) {
      if (begun) throw corrupt(event.line, `process ${client} begins while its ${begun.kind} is under way`)
      const call: ForeignCall = { client, kind, begin: event, beginAt: at, type: 'info', endAt: at }
      open.set(client, call)
      calls.push(call)
    } else if (!isClient || (begun === undefined && type === 'info')) {
      notes.push({ atMs: at, type: 'note', what: `${client} ${type} ${kind}`, data: event.value })
      if (isClient) strays.push({ event, client, kind })
    } else {
      if (!begun) throw corrupt(event.line, `process ${client} ends a ${kind} that it has not begun`)
      if (begun.kind !== kind || isOfAnotherKey(begun.begin, event)) {
        throw corrupt(event.line, `process ${client} ends a ${kind} where it had begun a ${begun.kind}`)
      }
      open.delete(client)
      Object.assign(begun, { type, end: event, endAt: at })
    }
  }
  for (const call of open.values()) call.endAt = position + 1
  // Faults inform without having been invoked. What clients do elsewhere is an end whose beginning is missing.
  const kinds = new Set(calls.map((call) => call.kind))
  const stray = strays.find((each) => kinds.has(each.kind))
  if (stray) throw corrupt(stray.event.line, `process ${stray.client} ends a ${stray.kind} that it has not begun`)
  return { calls, notes }
}

const types = ['invoke', 'ok', 'fail', 'info']

/** The end may leave out the key. */
function isOfAnotherKey(begin: ForeignEvent, end: ForeignEvent): boolean {
  if (end.key === undefined || end.key === null) return false
  return keyText(begin.key) !== keyText(end.key)
}

/** The name of a process without the colon of a keyword; undefined where there is none. */
function processOf(process: unknown): string | undefined {
  const plain = untagged(process)
  if (typeof plain === 'number' || typeof plain === 'string') return String(plain).replace(/^:/, '') || undefined
  return plain === undefined || plain === null ? undefined : canonical(plain)
}

function nameOf(keyword: unknown): string {
  const plain = untagged(keyword)
  return typeof plain === 'string' ? plain.replace(/^:/, '') : ''
}

/** A key as text. A text that could be taken for another key stands in quotes: "1" is not 1. */
export function keyText(key: unknown): string | undefined {
  if (key === undefined || key === null) return undefined
  if (typeof key !== 'string') return canonical(key)
  return /^(?:[-+]?\d|["[{#]|true$|false$|null$)/.test(key) ? JSON.stringify(key) : key
}

export function shownValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
}
