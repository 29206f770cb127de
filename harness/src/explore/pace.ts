import { after, nowMs } from '../base/clock.ts'

/** An arrival that nobody took within this time is given up: clients that all wait for a stuck node must not catch up in one burst. */
const lateMs = 1_000

/**
 * Arrivals at an even pace, which clients take in turn: whoever is free takes the next one and waits until it is due. An open loop as far as
 * clients are free; with none free in time, arrivals are missed, and counted.
 */
export class Pace {
  readonly #everyMs: number
  #dueAtMs: number | undefined
  #missed = 0
  #taken = 0
  #beganAtMs: number | undefined

  constructor(perSecond: number) {
    if (!(perSecond > 0)) throw new RangeError(`a pace is above 0 a second, not ${perSecond}`)
    this.#everyMs = 1_000 / perSecond
  }

  /** So far. */
  get missed(): number {
    return this.#missed
  }

  /** So far: those that a client began with. */
  get taken(): number {
    return this.#taken
  }

  /** So far: those that came, whether or not a client was free for them. */
  get offered(): number {
    return this.#beganAtMs === undefined ? 0 : Math.floor((nowMs() - this.#beganAtMs) / this.#everyMs) + 1
  }

  /** Resolves when the caller's arrival is due, or once aborted. */
  async next(ended: AbortSignal): Promise<void> {
    const now = nowMs()
    this.#beganAtMs ??= now
    this.#dueAtMs ??= now
    const lateArrivals = Math.ceil((now - lateMs - this.#dueAtMs) / this.#everyMs)
    if (lateArrivals > 0) {
      this.#missed += lateArrivals
      this.#dueAtMs += lateArrivals * this.#everyMs
    }
    const dueAtMs = this.#dueAtMs
    this.#dueAtMs += this.#everyMs
    if (dueAtMs > now) await after(dueAtMs - now, ended)
    if (!ended.aborted) this.#taken++
  }
}
