import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import { KiB } from '../base/units.ts'

const leastMoveBytes = 64 * KiB
const leastMoveRatio = 0.005
const quietMs = 1_000
const flushEveryMs = 500

/** The curve of a life lies in `samples/`, beside the log of that life. */
export function samplePathOf(logPath: string): string {
  return join(dirname(logPath), 'samples', `${basename(logPath, '.log')}.memory.jsonl`)
}

/**
 * The curve on disk as JSON lines. A line is written when memory moved by 64 KiB and 0.5 %, and at least once a second: an idle
 * node costs 4 MB a day, a busy one at most 100 lines a second. Lines are flushed every 500 ms. A file that cannot be written
 * raises one warning of the process: the curve in memory and the kernel's mark are not affected.
 */
export class SampleFile {
  readonly #path: string
  #fd: number | undefined
  #lines = ''
  #flushedAtMs = 0
  #lastAtMs = 0
  #lastBytes = 0

  constructor(path: string) {
    this.#path = path
    this.#guarded(() => {
      mkdirSync(dirname(path), { recursive: true })
      this.#fd = openSync(path, 'a')
    })
  }

  push(atMs: number, rssBytes: number): void {
    const movedBytes = Math.abs(rssBytes - this.#lastBytes)
    const moved = movedBytes >= leastMoveBytes && movedBytes >= this.#lastBytes * leastMoveRatio
    if (moved || atMs - this.#lastAtMs >= quietMs) {
      this.#lines += `{"atMs":${atMs.toFixed(1)},"rssBytes":${rssBytes}}\n`
      this.#lastAtMs = atMs
      this.#lastBytes = rssBytes
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
      process.emitWarning(`Memory samples are no longer written to ${this.#path}: ${messageOf(error)}`)
    }
  }
}
