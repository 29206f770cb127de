const leastWidthMs = 50

/**
 * Stretches of time of one width, of which at most so many are kept: whenever the time from the first to the last outgrows them,
 * the width doubles and neighbours are merged two by two. So a run of any length is summed up in bounded memory, in one pass.
 */
export class TimeBuckets<T> {
  readonly #most: number
  readonly #create: () => T
  readonly #merge: (into: T, from: T) => void
  #byIndex = new Map<number, T>()
  #widthMs = leastWidthMs
  #first = Number.POSITIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY

  constructor(options: { most: number; create: () => T; merge: (into: T, from: T) => void }) {
    this.#most = options.most
    this.#create = options.create
    this.#merge = options.merge
  }

  get widthMs(): number {
    return this.#widthMs
  }

  /** The bucket of a time, in ms since the epoch; times may come in any order. */
  at(ms: number): T {
    let index = Math.floor(ms / this.#widthMs)
    if (index < this.#first || index > this.#last) {
      this.#first = Math.min(this.#first, index)
      this.#last = Math.max(this.#last, index)
      while (this.#last - this.#first >= this.#most) this.#halve()
      index = Math.floor(ms / this.#widthMs)
    }
    let bucket = this.#byIndex.get(index)
    if (bucket === undefined) {
      bucket = this.#create()
      this.#byIndex.set(index, bucket)
    }
    return bucket
  }

  /** In the order of time, from the first to the last that was asked for; undefined where nothing was. */
  entries(): { startMs: number; bucket: T | undefined }[] {
    if (this.#byIndex.size === 0) return []
    return Array.from({ length: this.#last - this.#first + 1 }, (_, at) => ({
      startMs: (this.#first + at) * this.#widthMs,
      bucket: this.#byIndex.get(this.#first + at),
    }))
  }

  #halve(): void {
    const merged = new Map<number, T>()
    for (const [index, bucket] of this.#byIndex) {
      const to = Math.floor(index / 2)
      const into = merged.get(to)
      if (into === undefined) merged.set(to, bucket)
      else this.#merge(into, bucket)
    }
    this.#byIndex = merged
    this.#widthMs *= 2
    this.#first = Math.floor(this.#first / 2)
    this.#last = Math.floor(this.#last / 2)
  }
}
