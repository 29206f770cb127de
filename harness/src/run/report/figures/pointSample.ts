import type { Random } from '../../../base/seed.ts'
import type { Operation, Outcome } from '../../../history/operation.ts'
import { Reservoir } from './reservoir.ts'
import { TimeBuckets } from './timeBuckets.ts'

/** One operation as it is drawn. */
export interface Point {
  /** When it was meant to start, ms since the epoch. */
  atMs: number
  latencyMs: number
  outcome: Outcome
  kind: string
  node: string
  client: string
  key?: string
  error?: string
}

const buckets = 250
const slowestKept = 4

interface Bucket {
  ok: Reservoir<Point>
  fail: Reservoir<Point>
  info: Reservoir<Point>
  /** Ascending by latency. */
  slowest: Point[]
}

/**
 * What of the operations is drawn: all of them up to `most` (20 000); beyond, some of each stretch of time, drawn by the seed from
 * each outcome by itself, and always the slowest of each stretch: a single lost answer among a million is what people look for.
 */
export class PointSample {
  readonly #random: Random
  readonly #most: number
  #all: Point[] | undefined = []
  readonly #buckets: TimeBuckets<Bucket>

  constructor(random: Random, most = 20_000) {
    this.#random = random
    this.#most = most
    // Half of what is left beside the slowest is for what went well.
    const each = Math.max(1, Math.floor(most / buckets) - slowestKept)
    const rare = Math.max(1, Math.floor(each / 4))
    this.#buckets = new TimeBuckets<Bucket>({
      most: buckets,
      create: () => ({
        ok: new Reservoir<Point>(Math.max(1, each - 2 * rare)),
        fail: new Reservoir<Point>(rare),
        info: new Reservoir<Point>(rare),
        slowest: [],
      }),
      merge: (into, from) => {
        for (const outcome of ['ok', 'fail', 'info'] as const) into[outcome].merge(from[outcome], random)
        for (const point of from.slowest) keepSlowest(into.slowest, point.latencyMs, () => point)
      },
    })
  }

  add(operation: Operation): void {
    const make = () => pointOf(operation)
    if (this.#all === undefined) {
      this.#deal(startOf(operation), latencyOf(operation), operation.outcome, make)
      return
    }
    this.#all.push(make())
    if (this.#all.length <= this.#most) return
    for (const point of this.#all) this.#deal(point.atMs, point.latencyMs, point.outcome, () => point)
    this.#all = undefined
  }

  /** In the order of time. */
  points(): Point[] {
    const kept = this.#all ?? this.#buckets.entries().flatMap(({ bucket }) => (bucket ? keptIn(bucket) : []))
    return kept.toSorted((a, b) => a.atMs - b.atMs)
  }

  #deal(atMs: number, latencyMs: number, outcome: Outcome, make: () => Point): void {
    const bucket = this.#buckets.at(atMs)
    // One point may be kept twice, as one of the slowest and by chance: it is the same object then.
    let made: Point | undefined
    const once = () => {
      made ??= make()
      return made
    }
    keepSlowest(bucket.slowest, latencyMs, once)
    bucket[outcome].offer(this.#random, once)
  }
}

export function startOf({ intendedAtMs, startedAtMs }: Operation): number {
  return intendedAtMs ?? startedAtMs
}

/** From when it was meant to start: what was due during a stall shows it. */
export function latencyOf(operation: Operation): number {
  return Math.max(0, operation.endedAtMs - startOf(operation))
}

function pointOf(operation: Operation): Point {
  const { outcome, kind, node, client, key, error } = operation
  return {
    atMs: startOf(operation),
    latencyMs: latencyOf(operation),
    outcome,
    kind,
    node,
    client,
    ...(key === undefined ? {} : { key }),
    ...(error === undefined ? {} : { error }),
  }
}

function keepSlowest(slowest: Point[], latencyMs: number, make: () => Point): void {
  const least = slowest[0]
  if (slowest.length === slowestKept && least !== undefined && latencyMs <= least.latencyMs) return
  slowest.push(make())
  slowest.sort((a, b) => a.latencyMs - b.latencyMs)
  if (slowest.length > slowestKept) slowest.shift()
}

function keptIn({ ok, fail, info, slowest }: Bucket): Point[] {
  return [...new Set([...slowest, ...ok.kept, ...fail.kept, ...info.kept])]
}
