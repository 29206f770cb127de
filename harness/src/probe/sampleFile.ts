import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import { KiB } from '../base/units.ts'

/** What a curve is of: the field of its lines, and how far it must move, absolute and relative, for the next line. */
const curves = {
  memory: { field: 'rssBytes', leastMove: 64 * KiB, leastMoveRatio: 0.005 },
  handles: { field: 'handleCount', leastMove: 1, leastMoveRatio: 0 },
} as const

export type CurveName = keyof typeof curves

const quietMs = 1_000
const flushEveryMs = 500

/** The curves of a life lie in `samples/`, beside the log of that life. */
export function samplePathOf(logPath: string, of: CurveName = 'memory'): string {
  return join(dirname(logPath), 'samples', `${basename(logPath, '.log')}.${of}.jsonl`)
}

/**
 * The curve on disk as JSON lines. A line is written when memory moved by 64 KiB and 0.5 %, or the number of handles at all, and at
 * least once a second: an idle node costs 4 MB a day, a busy one at most 100 lines a second. Lines are flushed every 500 ms. A
 * file that cannot be written raises one warning of the process: the curve in memory and the kernel's mark are not affected.
 */
export class SampleFile {
  readonly #path: string
  #fd: number | undefined
  #lines = ''
  #flushedAtMs = 0
  #lastAtMs = 0
  #lastValue = 0
  readonly #of: (typeof curves)[CurveName]

  constructor(path: string, of: CurveName = 'memory') {
    this.#path = path
    this.#of = curves[of]
    this.#guarded(() => {
      mkdirSync(dirname(path), { recursive: true })
      this.#fd = openSync(path, 'a')
    })
  }

  push(atMs: number, value: number): void {
    const { field, leastMove, leastMoveRatio } = this.#of
    const moved = Math.abs(value - this.#lastValue)
    if ((moved >= leastMove && moved >= this.#lastValue * leastMoveRatio) || atMs - this.#lastAtMs >= quietMs) {
      this.#lines += `{"atMs":${atMs.toFixed(1)},"${field}":${value}}\n`
      this.#lastAtMs = atMs
      this.#lastValue = value
    }
    if (atMs - this.#flushedAtMs >= flushEveryMs) this.#flush(atMs)
  }

  close(): void {
    this.#flush(0)
    const fd = this.#fd
    this.#fd = undefined
    if (fd !== undefined) this.#guarded(() => closeSync(fd))
  }

  #flush(atMs: number): void {
    this.#flushedAtMs = atMs
    const fd = this.#fd
    if (this.#lines !== '' && fd !== undefined) this.#guarded(() => writeSync(fd, this.#lines))
    this.#lines = ''
  }

  #guarded(write: () => void): void {
    try {
      write()
    } catch (error) {
      this.#fd = undefined
      process.emitWarning(`Samples are no longer written to ${this.#path}: ${messageOf(error)}`)
    }
  }
}
