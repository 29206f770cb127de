import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'
import { shownLine } from '../base/shownText.ts'
import type { ProgressLine } from '../run/progress.ts'
import { pc } from './colours.ts'

/** Shows what the guards are doing: one status line that is redrawn on a terminal, plain lines elsewhere. */
export class LiveView {
  readonly #out: NodeJS.WriteStream
  readonly #path: string
  readonly #file: number
  readonly #timer: NodeJS.Timeout
  readonly #now = new Map<string, ProgressLine>()
  readonly #ended = new Set<string>()
  #readTo = 0
  #partial = ''
  #shown = false
  #closed = false
  readonly #startedAt = Date.now()

  constructor(path: string, out: NodeJS.WriteStream) {
    this.#out = out
    this.#path = path
    writeFileSync(path, '')
    this.#file = openSync(path, 'r')
    this.#timer = setInterval(() => this.#refresh(), 150)
  }

  get path(): string {
    return this.#path
  }

  get interactive(): boolean {
    return this.#out.isTTY === true
  }

  /** Prints a line that stays. */
  print(line: string): void {
    this.#clear()
    this.#out.write(`${line}\n`)
    this.#draw()
  }

  /** Stops showing a guard that has ended. */
  ended(guard: string): void {
    this.#refresh()
    this.#now.delete(guard)
    this.#draw()
  }

  /** Guards that were heard of and have no verdict. */
  get underWay(): string[] {
    this.#refresh()
    return [...this.#now.keys()]
  }

  /** It has said that it ended what it started, because the run was interrupted. */
  hasEnded(guard: string): boolean {
    return this.#ended.has(guard)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#timer)
    this.#refresh()
    this.#clear()
    closeSync(this.#file)
  }

  #refresh(): void {
    const chunk = Buffer.alloc(64 * 1024)
    for (;;) {
      const count = readSync(this.#file, chunk, 0, chunk.length, this.#readTo)
      if (count === 0) break
      this.#readTo += count
      this.#partial += chunk.toString('utf8', 0, count)
    }
    const lines = this.#partial.split('\n')
    this.#partial = lines.pop() ?? ''
    for (const line of lines) {
      const progress = readLine(line)
      if (!progress) continue
      if (progress.isClosed) this.#ended.add(progress.guard)
      this.#now.set(progress.guard, progress)
      if (!this.#out.isTTY) this.#out.write(`  ${pc.dim(shownLine(`${progress.guard}  ${progress.text}`))}\n`)
    }
    this.#draw()
  }

  #draw(): void {
    if (!this.#out.isTTY) return
    this.#clear()
    const seconds = Math.round((Date.now() - this.#startedAt) / 1000)
    const parts = [...this.#now.values()].map((line) => shownLine(`${line.guard} ${line.text}`))
    if (parts.length === 0) return
    const text = `${seconds} s  ${parts.join('  |  ')}`
    // A line that wraps could not be cleared.
    this.#out.write(text.slice(0, (this.#out.columns ?? 100) - 1))
    this.#shown = true
  }

  #clear(): void {
    if (this.#shown) this.#out.write('\r\u001b[2K')
    this.#shown = false
  }
}

/** A process that was killed, or a disk that was full, leaves half a line. */
function readLine(line: string): ProgressLine | undefined {
  try {
    return JSON.parse(line) as ProgressLine
  } catch {
    return undefined
  }
}
