import { HarnessError } from '../base/errors.ts'
import type { Event } from './event.ts'
import { History } from './history.ts'
import type { Operation } from './operation.ts'

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

export type Corrupt = (line: number, why: string, cause?: unknown) => HarnessError

/** What a damaged history of any format is refused with. */
export function corruptAt(path: string): Corrupt {
  return (line, why, cause) =>
    new HarnessError('HISTORY_CORRUPT', `The history ${path} is damaged at line ${line}: ${why}.`, { cause })
}

/**
 * Makes operations of events. Their times are positions among the events, whose order is that of real time. What never
 * ended is undecided. `failedCasAnswers`: a cas that failed compared and found another value (as in the logs of etcd);
 * without it, it did not happen for a reason that is not told (as in Knossos).
 */
export function historyOf(
  events: Iterable<ForeignEvent>,
  corrupt: Corrupt,
  options: { failedCasAnswers: boolean },
): History {
  const operations: Operation[] = []
  const notes: Event[] = []
  const open = new Map<number, Operation>()
  let position = 0
  for (const event of events) {
    const atMs = ++position
    const type = nameOf(event.type)
    const kind = nameOf(event.f)
    if (!types.includes(type)) throw corrupt(event.line, `${shown(event.type)} is not how an operation begins or ends`)
    if (kind === '') throw corrupt(event.line, 'it is not told what was done')
    if (typeof event.process !== 'number') {
      if (typeof event.process !== 'string') throw corrupt(event.line, 'it is not told which process did it')
      notes.push({ atMs, type: 'note', what: `${nameOf(event.process)} ${type} ${kind}`, data: event.value })
      continue
    }
    const begun = open.get(event.process)
    if (type === 'invoke') {
      if (begun) throw corrupt(event.line, `process ${event.process} begins while its ${begun.kind} is under way`)
      const operation = begin(event, event.process, kind, atMs, operations.length + 1)
      open.set(event.process, operation)
      operations.push(operation)
      continue
    }
    if (!begun) throw corrupt(event.line, `process ${event.process} ends a ${kind} that it has not begun`)
    if (begun.kind !== kind || begun.key !== keyOf(event.key)) {
      throw corrupt(event.line, `process ${event.process} ends a ${kind} where it had begun a ${begun.kind}`)
    }
    open.delete(event.process)
    end(begun, event, type, atMs, options.failedCasAnswers)
  }
  for (const operation of open.values()) operation.endedAtMs = position + 1
  return new History({ operations, events: notes })
}

const types = ['invoke', 'ok', 'fail', 'info']

function begin(event: ForeignEvent, process: number, kind: string, atMs: number, id: number): Operation {
  const key = keyOf(event.key)
  return {
    id,
    client: String(process),
    node: '?',
    kind,
    ...(key === undefined ? {} : { key }),
    ...(event.value === null || reads.includes(kind) ? {} : { value: event.value }),
    startedAtMs: atMs,
    endedAtMs: atMs,
    outcome: 'info',
    line: { started: event.line },
  }
}

const reads = ['read', 'get']

function end(operation: Operation, event: ForeignEvent, type: string, atMs: number, failedCasAnswers: boolean): void {
  operation.endedAtMs = atMs
  operation.line = { started: event.line, ...operation.line, ended: event.line }
  if (type === 'fail' && operation.kind === 'cas' && failedCasAnswers) {
    operation.outcome = 'ok'
    operation.result = false
    return
  }
  operation.outcome = type === 'ok' || type === 'fail' ? type : 'info'
  if (type === 'ok' && reads.includes(operation.kind) && event.value !== null) operation.result = event.value
  if (event.error !== undefined && event.error !== null) operation.error = shown(event.error)
}

function nameOf(keyword: unknown): string {
  return typeof keyword === 'string' ? keyword.replace(/^:/, '') : ''
}

function keyOf(key: unknown): string | undefined {
  if (key === undefined || key === null) return undefined
  return typeof key === 'string' ? key : JSON.stringify(key)
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
}
