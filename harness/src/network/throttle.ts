/** Whoever waits for tokens: a flow. */
export interface Waiter {
  settle(): void
}

/** The least pause between two grants to a busy link. Finer would be all timers; coarser would be seen as a stutter. */
const quantumMs = 5
/** What an idle link may save up, so that a late timer costs no throughput. */
const burstMs = 50

/**
 * One token bucket for a whole link. Waiters are served in turn: the first of them to ask again must not
 * starve the others.
 */
export class Throttle {
  readonly #bytesPerMs: number
  readonly #waiters = new Set<Waiter>()
  #tokens = 0
  #filledAtMs = performance.now()
  #timer: NodeJS.Timeout | undefined
  #served: Waiter | undefined

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000
  }

  /** How many of the wanted bytes may pass now. 0 puts the waiter in line; it is settled again when its turn comes. */
  grant(waiter: Waiter, wantedBytes: number): number {
    this.#fill()
    const isItsTurn = this.#waiters.size === 0 || this.#served === waiter
    const granted = Math.min(wantedBytes, Math.floor(this.#tokens))
    if (isItsTurn && granted >= Math.min(wantedBytes, this.#quantumBytes())) {
      this.#tokens -= granted
      return granted
    }
    this.#waiters.add(waiter)
    this.#schedule()
    return 0
  }

  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter)
    if (this.#waiters.size === 0) this.close()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiters.clear()
  }

  #quantumBytes(): number {
    return Math.max(1, Math.floor(this.#bytesPerMs * quantumMs))
  }

  #fill(): void {
    const atMs = performance.now()
    const capacity = Math.max(1, this.#bytesPerMs * burstMs)
    this.#tokens = Math.min(capacity, this.#tokens + (atMs - this.#filledAtMs) * this.#bytesPerMs)
    this.#filledAtMs = atMs
  }

  #schedule(): void {
    if (this.#timer) return
    const missingMs = (this.#quantumBytes() - this.#tokens) / this.#bytesPerMs
    this.#timer = setTimeout(() => this.#serve(), Math.max(1, Math.ceil(missingMs)))
  }

  #serve(): void {
    this.#timer = undefined
    this.#fill()
    for (const waiter of [...this.#waiters]) {
      if (this.#tokens < this.#quantumBytes()) break
      this.#waiters.delete(waiter)
      this.#served = waiter
      waiter.settle()
      this.#served = undefined
    }
    if (this.#waiters.size > 0) this.#schedule()
  }
}
