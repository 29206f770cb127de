import { HarnessError } from '../base/errors.ts'
import { type Event, eventTypes } from './event.ts'
import { History, type HistoryHeader } from './history.ts'
import { linesOf } from './linesOf.ts'
import type { Observation } from './observation.ts'
import type { Operation } from './operation.ts'
import { parseJson } from './parseJson.ts'

/** Who takes the lines of a saved history, one by one. What is left out is read past. */
export interface JournalReader {
  header?(header: HistoryHeader): void
  operation?(operation: Operation): void
  event?(event: Event): void
  observation?(observation: Observation): void
}

/**
 * Reads a saved history. Throws HISTORY_CORRUPT with file and line when a line is torn, unknown or missing, and
 * ARTIFACT_UNREADABLE when the file cannot be read at all. Without its end line it is read, with `complete: false`.
 * `bytes`: what the file holds, where that is known already. A number that a double would round is read as text.
 */
export function readJournal(path: string, bytes?: Buffer): History {
  const operations: Operation[] = []
  const events: Event[] = []
  const observations: Observation[] = []
  let header: HistoryHeader = { version: 1 }
  const complete = streamJournal(
    path,
    {
      header: (read) => {
        header = read
      },
      operation: (operation) => operations.push(operation),
      event: (event) => events.push(event),
      observation: (observation) => observations.push(observation),
    },
    bytes,
  )
  return new History({ operations, events, observations, header, complete })
}

/**
 * The same line by line, for what is larger than memory: true when nothing is missing at the end. What was handed out before an
 * error was read well.
 */
export function streamJournal(path: string, reader: JournalReader, bytes?: Buffer): boolean {
  let ended = false
  let lineNumber = 0
  const corrupt = (why: string, cause?: unknown) =>
    new HarnessError('HISTORY_CORRUPT', `The history ${path} is damaged at line ${lineNumber}: ${why}.`, { cause })

  for (const text of linesOf(path, bytes)) {
    lineNumber++
    if (ended) throw corrupt('there is more after the end line')
    const line = parse(text, corrupt)
    if ((lineNumber === 1) !== (line.type === 'header')) {
      throw corrupt(lineNumber === 1 ? 'the first line is not a header' : 'there is a second header')
    }
    switch (line.type) {
      case 'header':
        if (line.version !== 1) throw corrupt(`version ${line.version} is not one that this Breakwater reads`)
        reader.header?.(without(line) as unknown as HistoryHeader)
        break
      case 'operation':
        if (!isOperation(line)) throw corrupt('the operation lacks a field or has one of the wrong kind')
        reader.operation?.(without(line) as unknown as Operation)
        break
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
  return ended
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

function isOperation(line: Line): boolean {
  return (
    typeof line.id === 'number' &&
    typeof line.client === 'string' &&
    typeof line.node === 'string' &&
    typeof line.kind === 'string' &&
    typeof line.startedAtMs === 'number' &&
    typeof line.endedAtMs === 'number' &&
    (line.outcome === 'ok' || line.outcome === 'fail' || line.outcome === 'info') &&
    (line.key === undefined || typeof line.key === 'string') &&
    (line.table === undefined || typeof line.table === 'string')
  )
}

function isEvent(event: unknown): event is Event {
  if (event === null || typeof event !== 'object') return false
  const { atMs, type, what } = event as Partial<Event>
  return typeof atMs === 'number' && typeof what === 'string' && eventTypes.some((each) => each === type)
}

function isObservation(line: Line): boolean {
  return typeof line.atMs === 'number' && typeof line.node === 'string' && typeof line.what === 'string'
}
