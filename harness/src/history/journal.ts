import { closeSync, fsync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { HarnessError, messageOf } from '../base/errors.ts'
import { redact, secretsOf } from '../base/secrets.ts'
import type { Event } from './event.ts'
import type { HistoryHeader } from './history.ts'
import type { Observation } from './observation.ts'
import type { Operation } from './operation.ts'

export { readJournal } from './readJournal.ts'

/**
 * A history on its way to disk, as JSON lines. The first failure to write is kept: every later call throws it as
 * ARTIFACT_UNREADABLE, so that a history with a hole is never judged.
 */
export interface Journal {
  readonly path: string
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

  append('header', { version: 1, ...header })
  writeOut()
  if (failure) {
    closeSync(file)
    throw failure
  }
  return {
    path,
    record: (operation) => append('operation', operation),
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
  try {
    return `${JSON.stringify(type === 'event' ? { type, event: body } : { type, ...body })}\n`
  } catch (error) {
    throw new HarnessError('BAD_USAGE', `${path} takes JSON only, and this ${type} is not: ${messageOf(error)}.`, {
      cause: error,
    })
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw unwritable(path, error)
  }
}

function unwritable(path: string, cause: unknown): HarnessError {
  return new HarnessError('ARTIFACT_UNREADABLE', `The history ${path} cannot be written: ${messageOf(cause)}.`, {
    cause,
  })
}
