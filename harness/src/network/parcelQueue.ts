import type { ActiveRule } from './imposition.ts'

/** One thing under way on a flow: a chunk of bytes, the end of the stream, or the news that its source was reset. */
export interface Parcel {
  readonly kind: 'bytes' | 'end' | 'reset'
  /** Empty for an end or a reset. Shrinks when a throttle lets only a part of it pass. */
  bytes: Buffer
  readonly arrivedMs: number
  /** How long each rule keeps it, in ms: told apart by rule, so that lifting one gives only its own part back. */
  readonly waits: Map<ActiveRule, number>
  isThrottled: boolean
}

export function parcelOf(kind: Parcel['kind'], bytes: Buffer): Parcel {
  return { kind, bytes, arrivedMs: performance.now(), waits: new Map(), isThrottled: false }
}

/** When the parcel may leave, on the clock of `performance.now()`. */
export function dueMsOf(parcel: Parcel): number {
  let dueMs = parcel.arrivedMs
  for (const ms of parcel.waits.values()) dueMs += ms
  return dueMs
}

/** First in, first out, and never reordered; `Array.shift` would move tens of thousands of small chunks each time. */
export class ParcelQueue {
  #parcels: Parcel[] = []
  #headAt = 0
  byteCount = 0

  get isEmpty(): boolean {
    return this.#headAt === this.#parcels.length
  }

  head(): Parcel | undefined {
    return this.#parcels[this.#headAt]
  }

  push(parcel: Parcel): void {
    this.#parcels.push(parcel)
    this.byteCount += parcel.bytes.length
  }

  /** Takes up to `byteCount` bytes off the head, and the head itself once nothing of it is left. */
  take(byteCount: number): Buffer {
    const parcel = this.#parcels[this.#headAt]
    if (!parcel) throw new Error('took from an empty queue')
    const piece = parcel.bytes.subarray(0, byteCount)
    parcel.bytes = parcel.bytes.subarray(byteCount)
    this.byteCount -= piece.length
    if (parcel.bytes.length === 0) this.#dropHead()
    return piece
  }

  /** Empties the queue and gives what was in it. */
  clear(): Parcel[] {
    const rest = this.#parcels.slice(this.#headAt)
    this.#parcels = []
    this.#headAt = 0
    this.byteCount = 0
    return rest
  }

  forget(rule: ActiveRule): void {
    for (let at = this.#headAt; at < this.#parcels.length; at++) this.#parcels[at]?.waits.delete(rule)
  }

  #dropHead(): void {
    this.#headAt++
    if (this.#headAt === this.#parcels.length) this.clear()
    else if (this.#headAt > 1024) {
      this.#parcels = this.#parcels.slice(this.#headAt)
      this.#headAt = 0
    }
  }
}
