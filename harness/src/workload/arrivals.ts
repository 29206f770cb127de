import type { Random } from '../base/seed.ts'

/** When an open loop starts operations, whatever became of those before. Plain data: it is told to worker threads. */
export type Arrivals =
  | { readonly type: 'constant'; readonly perSecond: number }
  | { readonly type: 'poisson'; readonly perSecond: number }
  | { readonly type: 'bursts'; readonly size: number; readonly everyMs: number }
  | { readonly type: 'steps'; readonly steps: readonly Step[] }

export interface Step {
  readonly perSecond: number
  readonly forMs: number
}

/** Evenly spaced. */
export function constant(perSecond: number): Arrivals {
  demandAbove0('a rate', perSecond)
  return { type: 'constant', perSecond }
}

/** Independent of one another, as many users who do not know each other: exponential gaps of the same mean. */
export function poisson(perSecond: number): Arrivals {
  demandAbove0('a rate', perSecond)
  return { type: 'poisson', perSecond }
}

/** So many at once, and again after so long. */
export function bursts({ size, everyMs }: { size: number; everyMs: number }): Arrivals {
  demandAbove0('the size of a burst', size)
  demandAbove0('the time between bursts', everyMs)
  return { type: 'bursts', size, everyMs }
}

/** Poisson arrivals at one rate after another; then none. */
export function steps(...list: readonly Step[]): Arrivals {
  if (list.length === 0) throw new RangeError('steps need at least one step')
  for (const step of list) {
    demandAbove0('the rate of a step', step.perSecond)
    demandAbove0('the length of a step', step.forMs)
  }
  return { type: 'steps', steps: list }
}

/** ms from the beginning, ascending. Ends with the last step; the other kinds never end. */
export function* arrivalTimes(arrivals: Arrivals, random: Random): Generator<number, void> {
  if (arrivals.type === 'constant') {
    for (let count = 0; ; count++) yield (count * 1_000) / arrivals.perSecond
  } else if (arrivals.type === 'poisson') {
    yield* poissonTimes(arrivals.perSecond, random)
  } else if (arrivals.type === 'bursts') {
    for (let burst = 0; ; burst++) for (let at = 0; at < arrivals.size; at++) yield burst * arrivals.everyMs
  } else {
    let beganMs = 0
    for (const { perSecond, forMs } of arrivals.steps) {
      for (const ms of poissonTimes(perSecond, random)) {
        if (ms >= forMs) break
        yield beganMs + ms
      }
      beganMs += forMs
    }
  }
}

function* poissonTimes(perSecond: number, random: Random): Generator<number, void> {
  for (let ms = 0; ; ) {
    ms += (-Math.log(1 - random.fraction()) * 1_000) / perSecond
    yield ms
  }
}

/** "2 000/s", "2 000/s Poisson", "bursts of 50 each 100 ms", "500/s for 2 s, then 2 000/s for 2 s" */
export function describeArrivals(arrivals: Arrivals): string {
  if (arrivals.type === 'constant') return `${arrivals.perSecond}/s`
  if (arrivals.type === 'poisson') return `${arrivals.perSecond}/s Poisson`
  if (arrivals.type === 'bursts') return `bursts of ${arrivals.size} each ${arrivals.everyMs} ms`
  return arrivals.steps.map(({ perSecond, forMs }) => `${perSecond}/s for ${forMs / 1_000} s`).join(', then ')
}

function demandAbove0(what: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${what} must be above 0, not ${value}`)
}
