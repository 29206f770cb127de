import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import type { Budget } from '../base/budget.ts'
import { nowMs } from '../base/clock.ts'
import { HarnessError } from '../base/errors.ts'
import { formatBytes, formatCount, formatMs, KiB, MiB } from '../base/units.ts'
import { watchFile } from './fileWatch.ts'
import { LineSplitter } from './lineSplitter.ts'
import { goneAsUndefined } from './processTable.ts'

/** A text that the line must hold, or an expression that it must match. Lines are matched one by one. */
export type Pattern = string | RegExp

/** The line, and its index in the file from 0. */
export type LineListener = (line: string, index: number) => void

export interface AwaitLineOptions {
  /** Index of the first line that counts; 0, the start of the file, by default. `lineCount` as a mark means "from now on". */
  fromLine?: number
  /** Ends the wait at once, with the signal's reason. */
  signal?: AbortSignal
}

/** What is read while following is kept up to here; beyond, each question reads the file again. */
const defaultKeptBytes = 64 * MiB

/**
 * One log file of one incarnation, read from outside while it grows. Every question first reads on to the end of the file, so
 * the answer covers all that was written before it. "No such line" is a claim only with `bytesRead` above 0 as its witness: a
 * file that never appeared has no lines either.
 */
export class LogReader {
  readonly path: string
  readonly #keptBytesLimit: number
  readonly #piece = Buffer.allocUnsafe(64 * KiB)
  #splitter = new LineSplitter()
  #fd: number | undefined
  #offset = 0
  #bytesRead = 0
  #lineCount = 0
  /** Undefined once the file outgrew the limit. */
  #kept: string[] | undefined = []
  #lastLine: string | undefined
  #lastReadAtMs = 0
  /** Each with the index of the first line that it is to see. */
  #listeners = new Map<LineListener, number>()
  #undelivered: { line: string; index: number }[] = []
  #delivering = false
  #unwatch: (() => void) | undefined
  #closed = false

  constructor(path: string, options: { keptBytes?: number } = {}) {
    this.path = path
    this.#keptBytesLimit = options.keptBytes ?? defaultKeptBytes
  }

  /** Read so far, up to this moment. 0 also when the file does not exist. */
  get bytesRead(): number {
    this.refresh()
    return this.#bytesRead
  }

  /** Lines so far; a last line without its line end counts. */
  get lineCount(): number {
    this.refresh()
    return this.#lineCount + (this.#splitter.rest === '' ? 0 : 1)
  }

  lines(): string[] {
    return [...this.#scan()]
  }

  text(): string {
    this.refresh()
    return goneAsUndefined(() => readFileSync(this.path, 'utf8')) ?? this.lines().join('\n')
  }

  contains(pattern: Pattern): boolean {
    const test = matcher(pattern)
    for (const line of this.#scan()) if (test(line)) return true
    return false
  }

  /** The lines that match, in the order of the file. */
  matches(pattern: Pattern): string[] {
    const test = matcher(pattern)
    const found: string[] = []
    for (const line of this.#scan()) if (test(line)) found.push(line)
    return found
  }

  /** The number of lines that match. */
  count(pattern: Pattern): number {
    return this.matches(pattern).length
  }

  /**
   * The first whole line that matches, already written or still to come. Budget in ms of wall time. Throws BUDGET_SPENT with
   * the file and its last line.
   */
  async awaitLine(pattern: Pattern, budget: number | Budget, options: AwaitLineOptions = {}): Promise<string> {
    const budgetMs = typeof budget === 'number' ? budget : budget.limit
    const test = matcher(pattern)
    options.signal?.throwIfAborted()
    const from = options.fromLine ?? 0
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const consider = (line: string, index: number) => {
      if (index >= from && test(line)) resolve(line)
    }
    // Follows first and looks back then, all in one turn: no line falls between the two.
    const stop = this.onLine(consider)
    let index = 0
    for (const line of this.#wholeLines()) consider(line, index++)
    const spent = setTimeout(() => reject(this.#spent(pattern, budgetMs)), budgetMs)
    const aborted = () => reject(options.signal?.reason)
    options.signal?.addEventListener('abort', aborted, { once: true })
    try {
      return await promise
    } finally {
      stop()
      clearTimeout(spent)
      options.signal?.removeEventListener('abort', aborted)
    }
  }

  /** Follows the file: the listener is called with each whole line written from now on, a few ms later. Returns the undo. */
  onLine(listener: LineListener): () => void {
    if (this.#closed) throw new HarnessError('BAD_USAGE', `The log reader of ${this.path} is closed.`)
    this.refresh()
    this.#listeners.set(listener, this.#lineCount)
    this.#unwatch ??= watchFile(this.path, () => this.refresh())
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#stopWatching()
    }
  }

  /** Reads on to the present end of the file, and calls the listeners. A file that does not exist yet is no error. */
  refresh(): void {
    if (this.#closed) return
    this.#fd ??= goneAsUndefined(() => openSync(this.path, 'r'))
    if (this.#fd === undefined) return
    // Shorter than before: somebody emptied it in place. What follows is new text; what was read stays read.
    if (fstatSync(this.#fd).size < this.#offset) {
      this.#offset = 0
      this.#splitter = new LineSplitter()
    }
    for (;;) {
      const length = readSync(this.#fd, this.#piece, 0, this.#piece.length, this.#offset)
      if (length === 0) break
      this.#offset += length
      this.#take(this.#splitter.push(this.#piece.subarray(0, length)), length)
    }
    this.#deliver()
  }

  /** Reads on once more, then lets go of the file. What was read can still be asked. */
  close(): void {
    this.refresh()
    this.#closed = true
    this.#stopWatching()
    this.#listeners.clear()
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #take(lines: string[], bytes: number): void {
    if (this.#listeners.size > 0)
      lines.forEach((line, at) => void this.#undelivered.push({ line, index: this.#lineCount + at }))
    this.#bytesRead += bytes
    this.#lineCount += lines.length
    this.#lastLine = lines.at(-1) ?? this.#lastLine
    this.#lastReadAtMs = nowMs()
    if (this.#bytesRead > this.#keptBytesLimit) this.#kept = undefined
    else for (const line of lines) this.#kept?.push(line)
  }

  /** A listener may ask the reader and so read further lines: they queue behind, so that each listener sees one order. */
  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    try {
      while (this.#undelivered.length > 0) {
        for (const { line, index } of this.#undelivered.splice(0)) {
          for (const [listener, from] of [...this.#listeners]) if (index >= from) listener(line, index)
        }
      }
    } finally {
      this.#delivering = false
    }
  }

  *#scan(): Generator<string> {
    this.refresh()
    yield* this.#wholeLines()
    if (this.#splitter.rest !== '') yield this.#splitter.rest
  }

  *#wholeLines(): Generator<string> {
    if (this.#kept !== undefined) {
      yield* this.#kept
      return
    }
    const fd = openSync(this.path, 'r')
    try {
      const splitter = new LineSplitter()
      const piece = Buffer.allocUnsafe(MiB)
      for (let offset = 0; offset < this.#offset; ) {
        const length = readSync(fd, piece, 0, Math.min(piece.length, this.#offset - offset), offset)
        if (length === 0) break
        offset += length
        yield* splitter.push(piece.subarray(0, length))
      }
    } finally {
      closeSync(fd)
    }
  }

  #stopWatching(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
  }

  #spent(pattern: Pattern, budgetMs: number): HarnessError {
    const wanted = typeof pattern === 'string' ? `"${pattern}"` : String(pattern)
    return new HarnessError(
      'BUDGET_SPENT',
      `Waited ${formatMs(budgetMs)} for a log line with ${wanted}; ${this.#whatIsThere()}. Open ${this.path}.`,
    )
  }

  #whatIsThere(): string {
    if (this.#fd === undefined) return 'the file never appeared'
    if (this.#bytesRead === 0) return 'the file stayed empty'
    const last = this.#splitter.rest || this.#lastLine || ''
    const shown = last.length > 300 ? `${last.slice(0, 300)}…` : last
    const size = `${formatCount(this.lineCount)} lines (${formatBytes(this.#bytesRead)}) read`
    return `${size}, nothing new for ${formatMs(nowMs() - this.#lastReadAtMs)}, the last line is: ${shown}`
  }
}

/** A sticky or global expression keeps a position between two tests; a line must be judged the same each time. */
function matcher(pattern: Pattern): (line: string) => boolean {
  if (typeof pattern === 'string') return (line) => line.includes(pattern)
  const expression = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  return (line) => expression.test(line)
}
