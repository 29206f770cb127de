import { closeSync, fsync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { HarnessError, messageOf, Unwritable } from '../base/errors.ts'
import { redact, secretsOf } from '../base/secrets.ts'
import type { Event } from './event.ts'
import type { HistoryHeader } from './history.ts'
import { whyNotJson } from './json.ts'
import type { Observation } from './observation.ts'
import { type Invocation, isUnderWay, type Operation, type OperationEnd } from './operation.ts'

export { readJournal } from './readJournal.ts'

/**
 * A history on its way to disk, as JSON lines. The first failure to write is kept: every later call throws it as
 * ARTIFACT_UNREADABLE, so that a history with a hole is never judged.
 */
export interface Journal {
  readonly path: string
  /** What is being asked, before it is. Ids rise. Throws BAD_USAGE for a value that is not JSON, and then nothing is written. */
  invoked(invocation: Invocation): void
  /** How it ended. False if the journal had been closed before: for its history the operation is under way for good. */
  ended(end: OperationEnd): boolean
  /** One operation that somebody else made and timed, whole. */
  record(operation: Operation): void
  event(event: Event): void
  observe(observation: Observation): void
  /** Resolves when everything recorded so far is on disk (fsync). */
  flush(): Promise<void>
  /** Writes the end line, which says that nothing is missing. Closing twice is one close. */
  close(): Promise<void>
}

/** Written out at this size or after this time, whichever comes first; synchronously, so the buffer stays bounded. */
const bufferBytes = 64 * 1024
const bufferMs = 100

export function openJournal(path: string, header: Omit<HistoryHeader, 'version'> = {}): Journal {
  const file = guarded(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    return openSync(path, 'w')
  })
  const secrets = secretsOf()
  let pending: string[] = []
  let pendingBytes = 0
  let lines = 0
  let failure: HarnessError | undefined
  let timer: NodeJS.Timeout | undefined
  let closing: Promise<void> | undefined

  function writeOut() {
    clearTimeout(timer)
    timer = undefined
    if (failure || pending.length === 0) return
    const bytes = Buffer.from(redact(pending.join(''), secrets))
    pending = []
    pendingBytes = 0
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    } catch (error) {
      failure = unwritable(path, error)
    }
  }

  function append(type: string, body: object) {
    if (failure) throw failure
    if (closing) throw new HarnessError('ARTIFACT_UNREADABLE', `${path} is closed, so ${type} came too late for it.`)
    const line = toLine(type, body, path)
    push(line)
  }

  function push(line: string) {
    pending.push(line)
    pendingBytes += line.length
    lines++
    if (pendingBytes >= bufferBytes) writeOut()
    else timer ??= setTimeout(writeOut, bufferMs).unref()
    if (failure) throw failure
  }

  async function flush() {
    writeOut()
    if (failure) throw failure
    await new Promise<void>((resolve, reject) => {
      fsync(file, (error) => (error ? reject(unwritable(path, error)) : resolve()))
    })
  }

  async function finish() {
    try {
      if (!failure) pending.push(toLine('end', { lines }, path))
      await flush()
    } finally {
      closeSync(file)
    }
  }

  append('header', { version: 2, ...header })
  writeOut()
  if (failure) {
    closeSync(file)
    throw failure
  }
  return {
    path,
    invoked: (invocation) => append('invocation', invocation),
    ended(end) {
      if (closing) return false
      append('outcome', end)
      return true
    },
    record(operation) {
      if (!isUnderWay(operation)) return append('operation', operation)
      const { endedAtMs: _, outcome: __, ...invocation } = operation
      append('invocation', invocation)
    },
    event: (event) => append('event', event),
    observe: (observation) => append('observation', observation),
    flush: () => closing ?? flush(),
    close() {
      closing ??= finish()
      return closing
    },
  }
}

/** An event has a `type` of its own, so it is nested in its line. */
function toLine(type: string, body: object, path: string): string {
  for (const field of ['value', 'result'] as const) {
    const why = field in body ? whyNotJson((body as Record<string, unknown>)[field]) : undefined
    if (why !== undefined) throw notJson(path, `the ${field} of this ${type} ${why}`)
  }
  try {
    const text = JSON.stringify(type === 'event' ? { event: body } : body)
    return `{"type":"${type}",${text.slice(1)}\n`
  } catch (error) {
    throw notJson(path, `this ${type} is not: ${messageOf(error)}`, error)
  }
}

function notJson(path: string, what: string, cause?: unknown): HarnessError {
  return new HarnessError('BAD_USAGE', `${path} takes JSON only, and ${what}.`, { cause })
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw unwritable(path, error)
  }
}

function unwritable(path: string, cause: unknown): HarnessError {
  return new Unwritable(`The history ${path}`, cause)
}
