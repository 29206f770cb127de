import { Transform, type TransformCallback } from 'node:stream'
import { Throttle, type Waiter } from '../network/throttle.ts'

/** One bucket of tokens for all bodies that a rule slows. */
export class SlowBodies {
  readonly #throttle: Throttle
  readonly #open = new Set<SlowBody>()
  bytesSlowed = 0

  constructor(bytesPerSecond: number) {
    if (!(bytesPerSecond > 0)) throw new TypeError('bytesPerSecond must be above 0')
    this.#throttle = new Throttle(bytesPerSecond)
  }

  body(): Transform {
    const body = new SlowBody(this.#throttle, (byteCount) => {
      this.bytesSlowed += byteCount
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
  readonly #count: (byteCount: number) => void
  #isReleased = false
  #rest: Buffer = Buffer.alloc(0)
  #done: TransformCallback | undefined

  constructor(throttle: Throttle, count: (byteCount: number) => void) {
    super({ highWaterMark: 16 * 1024 })
    this.#throttle = throttle
    this.#count = count
    this.once('close', () => throttle.leave(this))
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#rest = chunk
    this.#done = done
    this.settle()
  }

  /** Passes on as much of the chunk as may pass now. */
  settle(): void {
    while (this.#rest.length > 0 && !this.destroyed) {
      const wanted = this.#rest.length
      const granted = this.#isReleased ? wanted : this.#throttle.grant(this, wanted)
      if (granted === 0) return
      if (!this.#isReleased) this.#count(granted)
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
