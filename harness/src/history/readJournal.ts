import { HarnessError } from '../base/errors.ts'
import { type Event, eventTypes } from './event.ts'
import { History, type HistoryHeader } from './history.ts'
import { linesOf } from './linesOf.ts'
import type { Observation } from './observation.ts'
import { type Invocation, type Operation, type OperationEnd, underWay } from './operation.ts'
import { parseJson } from './parseJson.ts'

/** Who takes the lines of a saved history, one by one. What is left out is read past. */
export interface JournalReader {
  header?(header: HistoryHeader): void
  /** As its invocation is read, still under way; its end is added to it later. */
  invoked?(operation: Operation): void
  /** Once all is known of it: in the order of the ends, and at last those whose end is missing. */
  operation?(operation: Operation): void
  event?(event: Event): void
  observation?(observation: Observation): void
}

/**
 * Reads a saved history. Throws HISTORY_CORRUPT with file and line when a line is damaged, unknown or missing, and
 * ARTIFACT_UNREADABLE when the file cannot be read at all. Without its end line it is read, with `complete: false`; so it is where
 * it ends within a line, as a runner leaves it that is killed while it writes.
 * `bytes`: what the file holds, where that is known already. A number that a double would round is read as text.
 */
export function readJournal(path: string, bytes?: Buffer): History {
  const operations: Operation[] = []
  const events: Event[] = []
  const observations: Observation[] = []
  let header: HistoryHeader = { version: 2 }
  const complete = streamJournal(
    path,
    {
      header: (read) => {
        header = read
      },
      invoked: (operation) => operations.push(operation),
      event: (event) => events.push(event),
      observation: (observation) => observations.push(observation),
    },
    bytes,
  )
  return new History({ operations, events, observations, header, complete })
}

/**
 * The same line by line, for what is larger than memory: true when nothing is missing at the end. What was handed out before an
 * error was read well. Only what is under way is held: ids rise, so what came before needs no list to be known as a second one.
 */
export function streamJournal(path: string, reader: JournalReader, bytes?: Buffer): boolean {
  let ended = false
  let lineNumber = 0
  let version = 0
  let lastId = Number.NEGATIVE_INFINITY
  const open = new Map<number, Operation>()
  const corrupt = (why: string, cause?: unknown) =>
    new HarnessError('HISTORY_CORRUPT', `The history ${path} is damaged at line ${lineNumber}: ${why}.`, { cause })

  function takeId(id: number) {
    if (id <= lastId) throw corrupt(`operation ${id} comes after operation ${lastId}, though ids rise`)
    lastId = id
  }

  for (const { text, isWhole } of linesOf(path, bytes)) {
    lineNumber++
    if (ended) throw corrupt('there is more after the end line')
    if (!isWhole && isTorn(text)) break
    const line = parse(text, corrupt)
    if ((lineNumber === 1) !== (line.type === 'header')) {
      throw corrupt(lineNumber === 1 ? 'the first line is not a header' : 'there is a second header')
    }
    if (version === 1 && (line.type === 'invocation' || line.type === 'outcome')) {
      throw corrupt(`"${line.type}" is not a type of line in version 1`)
    }
    switch (line.type) {
      case 'header':
        if (line.version !== 1 && line.version !== 2) {
          throw corrupt(`version ${line.version} is not one that this Breakwater reads`)
        }
        version = line.version
        reader.header?.(without(line) as unknown as HistoryHeader)
        break
      case 'invocation': {
        if (!isInvocation(line)) throw corrupt('the invocation lacks a field or has one of the wrong kind')
        takeId(line.id as number)
        const operation = underWay(without(line) as unknown as Invocation)
        open.set(operation.id, operation)
        reader.invoked?.(operation)
        break
      }
      case 'outcome': {
        if (!isOutcome(line)) throw corrupt('the outcome lacks a field or has one of the wrong kind')
        const operation = open.get(line.id as number)
        if (operation === undefined) throw corrupt(`operation ${line.id} ends, which is not under way`)
        open.delete(operation.id)
        addEnd(operation, line as unknown as OperationEnd)
        reader.operation?.(operation)
        break
      }
      case 'operation': {
        if (!isInvocation(line) || !isOutcome(line)) {
          throw corrupt('the operation lacks a field or has one of the wrong kind')
        }
        if (version > 1) takeId(line.id as number)
        const operation = without(line) as unknown as Operation
        reader.invoked?.(operation)
        reader.operation?.(operation)
        break
      }
      case 'event':
        if (!isEvent(line.event)) throw corrupt('the event lacks a field or has one of the wrong kind')
        reader.event?.(line.event)
        break
      case 'observation':
        if (!isObservation(line)) throw corrupt('the observation lacks a field or has one of the wrong kind')
        reader.observation?.(without(line) as unknown as Observation)
        break
      case 'end':
        if (line.lines !== lineNumber - 1) {
          throw corrupt(`the end line counts ${line.lines} lines before it, but there are ${lineNumber - 1}`)
        }
        ended = true
        break
      default:
        throw corrupt(`"${line.type}" is not a type of line`)
    }
  }
  if (lineNumber++ === 0) throw corrupt('the file is empty')
  for (const operation of open.values()) reader.operation?.(operation)
  return ended
}

/** The beginning of a line, of which the rest was never written: whole lines are objects, and nothing shorter is one. */
function isTorn(text: string): boolean {
  if (!text.startsWith('{')) return false
  try {
    parseJson(text)
    return false
  } catch (error) {
    return error instanceof SyntaxError
  }
}

type Line = Record<string, unknown>

function parse(text: string, corrupt: (why: string, cause?: unknown) => HarnessError): Line {
  try {
    const line: unknown = parseJson(text)
    if (line !== null && typeof line === 'object') return line as Line
  } catch (error) {
    throw corrupt(error instanceof RangeError ? error.message : 'it is torn or not JSON', error)
  }
  throw corrupt('it is not an object')
}

function without({ type: _, ...body }: Line): Line {
  return body
}

/** Nothing else: a line that is damaged must not change what was asked. */
function addEnd(operation: Operation, { endedAtMs, outcome, result, error }: OperationEnd): void {
  operation.endedAtMs = endedAtMs
  operation.outcome = outcome
  if (result !== undefined) operation.result = result
  if (error !== undefined) operation.error = error
}

function isInvocation(line: Line): boolean {
  return (
    Number.isFinite(line.id) &&
    typeof line.client === 'string' &&
    typeof line.node === 'string' &&
    typeof line.kind === 'string' &&
    Number.isFinite(line.startedAtMs) &&
    (line.intendedAtMs === undefined || Number.isFinite(line.intendedAtMs)) &&
    (line.key === undefined || typeof line.key === 'string') &&
    (line.table === undefined || typeof line.table === 'string')
  )
}

function isOutcome(line: Line): boolean {
  return (
    Number.isFinite(line.id) &&
    Number.isFinite(line.endedAtMs) &&
    (line.outcome === 'ok' || line.outcome === 'fail' || line.outcome === 'info') &&
    (line.error === undefined || typeof line.error === 'string')
  )
}

function isEvent(event: unknown): event is Event {
  if (event === null || typeof event !== 'object') return false
  const { atMs, type, what } = event as Partial<Event>
  return typeof atMs === 'number' && typeof what === 'string' && eventTypes.some((each) => each === type)
}

function isObservation(line: Line): boolean {
  if (line.endedAtMs !== undefined && !Number.isFinite(line.endedAtMs)) return false
  return typeof line.atMs === 'number' && typeof line.node === 'string' && typeof line.what === 'string'
}
