import { Transform, type TransformCallback } from 'node:stream'
import { Throttle, type Waiter } from '../network/throttle.ts'

/** One bucket of tokens for all bodies that a rule slows. */
export class SlowBodies {
  readonly #throttle: Throttle
  readonly #open = new Set<SlowBody>()
  /** What went through while the rule stood. */
  bytesSlowed = 0
  /** Of it, what the rate kept waiting. */
  bytesKeptWaiting = 0

  constructor(bytesPerSecond: number) {
    if (!(bytesPerSecond > 0)) throw new TypeError('bytesPerSecond must be above 0')
    this.#throttle = new Throttle(bytesPerSecond)
  }

  body(): Transform {
    const body = new SlowBody(this.#throttle, (byteCount, waited) => {
      this.bytesSlowed += byteCount
      if (waited) this.bytesKeptWaiting += byteCount
    })
    this.#open.add(body)
    body.once('close', () => this.#open.delete(body))
    return body
  }

  /** What is under way goes on at full speed. */
  release(): void {
    this.#throttle.close()
    for (const body of this.#open) body.release()
  }
}

class SlowBody extends Transform implements Waiter {
  readonly #throttle: Throttle
  readonly #count: (byteCount: number, waited: boolean) => void
  #isReleased = false
  #rest: Buffer = Buffer.alloc(0)
  /** What is left of the chunk had to wait. */
  #waited = false
  #done: TransformCallback | undefined

  constructor(throttle: Throttle, count: (byteCount: number, waited: boolean) => void) {
    super({ highWaterMark: 16 * 1024 })
    this.#throttle = throttle
    this.#count = count
    this.once('close', () => throttle.leave(this))
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#rest = chunk
    this.#waited = false
    this.#done = done
    this.settle()
  }

  /** Passes on as much of the chunk as may pass now. */
  settle(): void {
    while (this.#rest.length > 0 && !this.destroyed) {
      const wanted = this.#rest.length
      const granted = this.#isReleased ? wanted : this.#throttle.grant(this, wanted)
      if (!this.#isReleased) this.#count(granted, this.#waited)
      this.#waited ||= granted < wanted
      if (granted === 0) return
      this.push(this.#rest.subarray(0, granted))
      this.#rest = this.#rest.subarray(granted)
    }
    const done = this.#done
    this.#done = undefined
    done?.()
  }

  release(): void {
    this.#isReleased = true
    this.settle()
  }
}
