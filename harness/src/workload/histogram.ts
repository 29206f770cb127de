/** Sub-buckets of each power of two: a quantile is at most 1/128 above the truth, never below it. */
const perOctave = 128
const octaves = 32
const slots = perOctave * (octaves + 2)
/** Values are kept in whole microseconds, up to 2^39 of them: six days. */
const perMs = 1_000

/** What one thread hands to another. */
export interface SavedHistogram {
  counts: Float64Array
  bounds: { limitMs: number; above: number }[]
  sumMs: number
  maxMs: number
}

/**
 * Log-linear: 128 slots for each power of two of microseconds, 34 KB, merged by addition. What lies above the bounds that it
 * was made with is counted exactly, by the value as it came, so that a budget is not judged by the edge of a slot.
 */
export class Histogram {
  readonly #counts: Float64Array
  readonly #bounds: { limitMs: number; above: number }[]
  #count = 0
  #sumMs = 0
  #maxMs = 0

  constructor(boundsMs: readonly number[] = []) {
    this.#counts = new Float64Array(slots)
    this.#bounds = [...new Set(boundsMs)].map((limitMs) => ({ limitMs, above: 0 }))
  }

  static from(saved: SavedHistogram): Histogram {
    const histogram = new Histogram()
    histogram.#counts.set(saved.counts)
    histogram.#bounds.push(...saved.bounds.map((bound) => ({ ...bound })))
    histogram.#count = saved.counts.reduce((sum, count) => sum + count, 0)
    histogram.#sumMs = saved.sumMs
    histogram.#maxMs = saved.maxMs
    return histogram
  }

  /** Below 0 counts as 0: an operation that started ahead of its time took what it took. */
  record(ms: number): void {
    const value = ms > 0 ? ms : 0
    this.#counts[slotOf(value)]!++
    this.#count++
    this.#sumMs += value
    if (value > this.#maxMs) this.#maxMs = value
    for (const bound of this.#bounds) if (value > bound.limitMs) bound.above++
  }

  get boundsMs(): number[] {
    return this.#bounds.map(({ limitMs }) => limitMs)
  }

  get count(): number {
    return this.#count
  }

  get maxMs(): number {
    return this.#maxMs
  }

  get meanMs(): number {
    return this.#count === 0 ? Number.NaN : this.#sumMs / this.#count
  }

  /** How many values were above a bound that the histogram was made with. Throws RangeError for any other. */
  above(limitMs: number): number {
    const bound = this.#bounds.find((each) => each.limitMs === limitMs)
    if (!bound) {
      const known = this.#bounds.map((each) => `${each.limitMs} ms`).join(', ') || 'none'
      throw new RangeError(
        `${limitMs} ms was not counted exactly (bounds: ${known}): give the budget to the load before it runs`,
      )
    }
    return bound.above
  }

  /** The least value that so many are at or below, by the upper edge of its slot. Not a number when nothing was recorded. */
  quantile(quantile: number): number {
    if (this.#count === 0) return Number.NaN
    const rank = Math.max(1, Math.ceil(this.#count * quantile - 1e-9))
    let seen = 0
    for (let slot = 0; slot < slots; slot++) {
      seen += this.#counts[slot]!
      if (seen >= rank) return Math.min(upperEdgeMs(slot), this.#maxMs)
    }
    return this.#maxMs
  }

  /** Adds the counts of the other; only bounds that both have stay exact. */
  add(other: Histogram): void {
    for (let slot = 0; slot < slots; slot++) this.#counts[slot]! += other.#counts[slot]!
    const both = this.#bounds.flatMap((bound) => {
      const theirs = other.#bounds.find((each) => each.limitMs === bound.limitMs)
      return theirs ? [{ limitMs: bound.limitMs, above: bound.above + theirs.above }] : []
    })
    this.#bounds.splice(0, this.#bounds.length, ...both)
    this.#count += other.#count
    this.#sumMs += other.#sumMs
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs)
  }

  saved(): SavedHistogram {
    return {
      counts: this.#counts.slice(),
      bounds: this.#bounds.map((bound) => ({ ...bound })),
      sumMs: this.#sumMs,
      maxMs: this.#maxMs,
    }
  }
}

/** The first two octaves are linear, one microsecond a slot; from there on the slots of each octave are twice as wide. */
function slotOf(ms: number): number {
  const micros = Math.ceil(ms * perMs)
  if (micros < 2 * perOctave) return micros
  // Whole numbers of 31 bits have a quick logarithm; that is half an hour.
  const octave = (micros < 2 ** 31 ? 31 - Math.clz32(micros) : Math.floor(Math.log2(micros))) - 7
  const slot = octave * perOctave + Math.floor(micros / 2 ** octave)
  return slot < slots ? slot : slots - 1
}

function upperEdgeMs(slot: number): number {
  if (slot < 2 * perOctave) return slot / perMs
  const octave = Math.floor(slot / perOctave) - 1
  const within = slot - octave * perOctave
  return ((within + 1) * 2 ** octave - 1) / perMs
}
