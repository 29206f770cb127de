import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs'
import { finished, Writable } from 'node:stream'
import type Dockerode from 'dockerode'
import { after } from '../../base/clock.ts'
import { formatMs } from '../../base/units.ts'

const tailBudgetMs = 3_000

/**
 * Copies what a container writes, from its first byte, to a file of this machine. The engine keeps its own copy, so a runner that
 * is slow to read never holds the node up.
 */
export class LogFollower {
  readonly #path: string
  readonly #ended: Promise<void>

  private constructor(path: string, ended: Promise<void>) {
    this.#path = path
    this.#ended = ended
  }

  /** To be called right after the start: it reads from the beginning all the same. */
  static async follow(engine: Dockerode, container: Dockerode.Container, path: string): Promise<LogFollower> {
    const stream = await container.logs({ follow: true, stdout: true, stderr: true })
    const fd = openSync(path, 'a')
    const file = new Writable({
      write(chunk: Buffer, _encoding, done) {
        try {
          writeSync(fd, chunk)
          done()
        } catch (error) {
          done(error as Error)
        }
      },
    })
    engine.modem.demuxStream(stream, file, file)
    const ended = new Promise<void>((resolve, reject) => {
      finished(stream, { writable: false }, (error) => {
        closeSync(fd)
        if (error) reject(error)
        else resolve()
      })
      file.once('error', reject)
    })
    // Whoever awaits the end hears of it; before, it must not end this process.
    ended.catch(() => {})
    return new LogFollower(path, ended)
  }

  /** Resolves when the last byte of an ended container is in the file. What went wrong is told in the file itself. */
  async drained(): Promise<void> {
    const waited = new AbortController()
    try {
      const late = after(tailBudgetMs, waited.signal).then(
        () => `its end did not come within ${formatMs(tailBudgetMs)}`,
      )
      const problem = await Promise.race([this.#ended.then(() => undefined, String), late])
      if (problem !== undefined) this.note(`the log of this container is incomplete: ${problem}`)
    } finally {
      waited.abort()
    }
  }

  note(text: string): void {
    appendFileSync(this.#path, `breakwater ${text}\n`)
  }
}
