import { Seed } from '../../../base/seed.ts'
import { isUnderWay, lastSeenAtMs, type Operation, type Outcome } from '../../../history/operation.ts'
import { Histogram } from '../../../workload/histogram.ts'
import { latencyOf, type Point, PointSample, startOf } from './pointSample.ts'
import { TimeBuckets } from './timeBuckets.ts'

/** Figures of all operations, exact but for the quantiles, which are at most 1/128 above the truth; and what is drawn of them. */
export interface OperationFigures {
  total: KindFigures
  /** By kind, in the order of their names. */
  kinds: readonly KindFigures[]
  /** The most frequent ends that were not ok, by what was said, numbers aside; the text is that of the first. */
  errors: readonly { outcome: Outcome; text: string; count: number }[]
  otherErrorCount: number
  overTime: OverTime
  points: readonly Point[]
}

export interface KindFigures {
  kind: string
  count: number
  ok: number
  fail: number
  info: number
  /** Latency of all that ended, however: of what failed, the time until it did. Not a number where there were none. */
  p50Ms: number
  p95Ms: number
  p99Ms: number
  p999Ms: number
  maxMs: number
  /** All of the kind, over the time from the first start to the last end of any operation. */
  perSecond: number
}

/** One entry a stretch of time, without gaps; by the time of the end, or of the start where there is none. Quantiles are null where nothing ended. */
export interface OverTime {
  widthMs: number
  startMs: number[]
  ok: number[]
  fail: number[]
  info: number[]
  p50Ms: (number | null)[]
  p95Ms: (number | null)[]
  p99Ms: (number | null)[]
  maxMs: (number | null)[]
}

const stretches = 128
/** Kinds are few; a system that names one for each key must not fill the memory. */
const mostKinds = 60
const mostErrors = 20
const errorsCounted = 500
const longestError = 300
/** What is said of an operation without an end. It has no latency, so no point is drawn for it. */
const neverEnded = 'under way when the history ended'

interface Tally {
  ok: number
  fail: number
  info: number
  latency: Histogram
}

/** Takes operations one by one, in bounded memory: 10 million or 10. */
export class OperationSummary {
  readonly #sample: PointSample
  readonly #kinds = new Map<string, Tally>()
  readonly #total = emptyTally()
  readonly #overTime = new TimeBuckets<Tally>({ most: stretches, create: emptyTally, merge: addTally })
  readonly #errors = new Map<string, { outcome: Outcome; text: string; count: number }>()
  #otherErrors = 0
  #startMs = Number.POSITIVE_INFINITY
  #endMs = Number.NEGATIVE_INFINITY

  /** `most` points are drawn at the most; which ones, the seed decides. */
  constructor(options: { seed?: number; most?: number } = {}) {
    this.#sample = new PointSample(new Seed(options.seed ?? 0).stream('report'), options.most)
  }

  add(operation: Operation): void {
    const { kind, outcome } = operation
    const hasEnded = !isUnderWay(operation)
    const seenAtMs = lastSeenAtMs(operation)
    this.#startMs = Math.min(this.#startMs, startOf(operation))
    this.#endMs = Math.max(this.#endMs, seenAtMs)
    for (const tally of [this.#total, this.#tallyOf(kind), this.#overTime.at(seenAtMs)]) {
      tally[outcome]++
      if (hasEnded) tally.latency.record(latencyOf(operation))
    }
    if (outcome !== 'ok') this.#countError(outcome, hasEnded ? operation.error : neverEnded)
    if (hasEnded) this.#sample.add(operation)
  }

  figures(): OperationFigures {
    const spanMs = Math.max(this.#endMs - this.#startMs, 1)
    const errors = [...this.#errors.values()].sort((a, b) => b.count - a.count)
    const unlisted = errors.slice(mostErrors).reduce((sum, { count }) => sum + count, 0)
    return {
      total: figuresOf('all', this.#total, spanMs),
      kinds: [...this.#kinds]
        .sort(([a], [b]) => a.localeCompare(b, 'en'))
        .map(([kind, tally]) => figuresOf(kind, tally, spanMs)),
      errors: errors.slice(0, mostErrors),
      otherErrorCount: this.#otherErrors + unlisted,
      overTime: this.#drawOverTime(),
      points: this.#sample.points(),
    }
  }

  #tallyOf(kind: string): Tally {
    const name = this.#kinds.has(kind) || this.#kinds.size < mostKinds ? kind : 'other kinds'
    let tally = this.#kinds.get(name)
    if (tally === undefined) {
      tally = emptyTally()
      this.#kinds.set(name, tally)
    }
    return tally
  }

  #countError(outcome: Outcome, error = ''): void {
    const text = error.slice(0, longestError)
    // What differs in numbers only (a key, a port, an id) is the same error, shown by its first words.
    const key = `${outcome} ${text.replaceAll(/\d+/g, '0')}`
    const known = this.#errors.get(key)
    if (known) known.count++
    else if (this.#errors.size < errorsCounted) this.#errors.set(key, { outcome, text, count: 1 })
    else this.#otherErrors++
  }

  #drawOverTime(): OverTime {
    const drawn: OverTime = {
      widthMs: this.#overTime.widthMs,
      startMs: [],
      ok: [],
      fail: [],
      info: [],
      p50Ms: [],
      p95Ms: [],
      p99Ms: [],
      maxMs: [],
    }
    for (const { startMs, bucket } of this.#overTime.entries()) {
      drawn.startMs.push(startMs)
      for (const outcome of ['ok', 'fail', 'info'] as const) drawn[outcome].push(bucket?.[outcome] ?? 0)
      drawn.p50Ms.push(bucket?.latency.quantile(0.5) ?? null)
      drawn.p95Ms.push(bucket?.latency.quantile(0.95) ?? null)
      drawn.p99Ms.push(bucket?.latency.quantile(0.99) ?? null)
      drawn.maxMs.push(bucket === undefined || bucket.latency.count === 0 ? null : bucket.latency.maxMs)
    }
    return drawn
  }
}

function emptyTally(): Tally {
  return { ok: 0, fail: 0, info: 0, latency: new Histogram() }
}

function addTally(into: Tally, from: Tally): void {
  into.ok += from.ok
  into.fail += from.fail
  into.info += from.info
  into.latency.add(from.latency)
}

function figuresOf(kind: string, { ok, fail, info, latency }: Tally, spanMs: number): KindFigures {
  const count = ok + fail + info
  return {
    kind,
    count,
    ok,
    fail,
    info,
    p50Ms: latency.quantile(0.5),
    p95Ms: latency.quantile(0.95),
    p99Ms: latency.quantile(0.99),
    p999Ms: latency.quantile(0.999),
    maxMs: latency.count === 0 ? Number.NaN : latency.maxMs,
    perSecond: (count * 1_000) / spanMs,
  }
}
