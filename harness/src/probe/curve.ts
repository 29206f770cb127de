/** One point of a memory curve. */
export interface MemorySample {
  /** Milliseconds since the epoch. */
  atMs: number
  rssBytes: number
}

/**
 * A curve of any length in fixed memory (16 bytes a slot): when it is full, neighbours are merged two by two into the higher
 * one, so that no peak is lost and low points are. Good for drawing and for peaks; a slope needs the upper envelope only.
 */
export class Curve {
  readonly #times: Float64Array
  readonly #values: Float64Array
  #size = 0
  #samplesPerSlot = 1
  #open: MemorySample | undefined
  #openCount = 0

  constructor(slots = 32_768) {
    this.#times = new Float64Array(slots)
    this.#values = new Float64Array(slots)
  }

  push(atMs: number, rssBytes: number): void {
    if (this.#open === undefined) this.#open = { atMs, rssBytes }
    else if (rssBytes >= this.#open.rssBytes) {
      this.#open.atMs = atMs
      this.#open.rssBytes = rssBytes
    }
    this.#openCount++
    if (this.#openCount < this.#samplesPerSlot) return
    if (this.#size === this.#times.length) this.#halve()
    this.#times[this.#size] = this.#open.atMs
    this.#values[this.#size] = this.#open.rssBytes
    this.#size++
    this.#open = undefined
    this.#openCount = 0
  }

  points(): MemorySample[] {
    const points: MemorySample[] = []
    for (let at = 0; at < this.#size; at++) points.push({ atMs: this.#times[at]!, rssBytes: this.#values[at]! })
    if (this.#open) points.push({ ...this.#open })
    return points
  }

  #halve(): void {
    const half = Math.floor(this.#size / 2)
    for (let to = 0; to < half; to++) {
      const from = this.#values[2 * to + 1]! >= this.#values[2 * to]! ? 2 * to + 1 : 2 * to
      this.#times[to] = this.#times[from]!
      this.#values[to] = this.#values[from]!
    }
    this.#size = half
    this.#samplesPerSlot *= 2
  }
}
