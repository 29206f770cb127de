import type { LatencySeries, LatencyWindow } from '../base/latencyVerdict.ts'
import { Histogram } from './histogram.ts'
import { type Tallies, Tally } from './tally.ts'

export interface ProcessFigures {
  name: string
  /** Of one core; above 1 it took several. Absent with the rest when the process was not there all the time. */
  cpuRatio?: number
  cpuMs?: number
  rssBytes?: number
  handleCount?: number
}

/** One stretch of a load, sound or void. */
export interface LoadWindow {
  /** From 1. */
  window: number
  /** From 1; the last one of a window counts if it is sound. */
  attempt: number
  /** That carried it. */
  threads: number
  startedAtMs: number
  endedAtMs: number
  tallies: Tallies
  /** The classes that are whole scenarios. */
  scenarios: readonly string[]
  lag: Histogram
  /** CPU time over wall time of the generator's busiest thread. */
  coreRatio: number
  generatorCpuMs: number
  generatorSaturated: boolean
  processes: readonly ProcessFigures[]
  voidBecause?: string
}

/** The figures of one class over all sound windows. */
export interface ClassFigures {
  class: string
  runs: number
  /** Everything that did not end ok, over all; 0 to 1. */
  failRatio: number
  failCount: number
  infoCount: number
  reasons: Record<string, number>
  p50Ms: number
  p95Ms: number
  p99Ms: number
  p999Ms: number
  maxMs: number
  /** Those that ended ok. A rate says nothing without the fail ratio beside it. */
  okPerSecond: number
}

export interface LoadParts {
  name: string
  seed: number
  /** "open loop, 2000/s Poisson" */
  loop: string
  windowMs: number
  threads: number
  windows: readonly LoadWindow[]
}

/** What a load saw. As it stands it is the latencies of all scenarios together; `of` gives one class. */
export class LoadResult implements LatencySeries {
  readonly name: string
  readonly seed: number
  readonly loop: string
  readonly windowMs: number
  readonly threads: number
  /** In their order, void ones included. */
  readonly runs: readonly LoadWindow[]
  /** Where its figures were written. */
  open?: string

  constructor({ name, seed, loop, windowMs, threads, windows }: LoadParts) {
    this.name = name
    this.seed = seed
    this.loop = loop
    this.windowMs = windowMs
    this.threads = threads
    this.runs = windows
  }

  get what(): string {
    return this.name
  }

  get windows(): readonly LatencyWindow[] {
    return this.runs.map((run) => latencyWindow(run, mergedOf(run, run.scenarios)))
  }

  get soundRuns(): readonly LoadWindow[] {
    return this.runs.filter((run) => run.voidBecause === undefined)
  }

  /** Every window was sound in the end. */
  get isConclusive(): boolean {
    const windows = new Set(this.runs.map(({ window }) => window))
    return windows.size > 0 && new Set(this.soundRuns.map(({ window }) => window)).size === windows.size
  }

  /** "search" for a scenario, "search/embed" for a step of it. Throws RangeError for what never ran. */
  of(name: string): LatencySeries {
    if (!this.classes.includes(name)) {
      throw new RangeError(
        `no operation "${name}" was recorded in ${this.name}; there are: ${this.classes.join(', ') || 'none'}`,
      )
    }
    const windows = this.runs.map((run) => latencyWindow(run, mergedOf(run, [name])))
    return { what: `${this.name}, ${name}`, windows, ...(this.open === undefined ? {} : { open: this.open }) }
  }

  /** Scenarios, each followed by its steps. */
  get classes(): string[] {
    return [...new Set(this.runs.flatMap(({ tallies }) => tallies.classes))].sort()
  }

  /** Over the sound windows, or over all when there is none. */
  figures(): ClassFigures[] {
    const runs = this.soundRuns.length > 0 ? this.soundRuns : this.runs
    return this.classes.map((name) => figuresOf(name, runs))
  }

  /** All scenarios together. */
  total(): ClassFigures {
    const runs = this.soundRuns.length > 0 ? this.soundRuns : this.runs
    return figuresOf('all', runs, (run) => run.scenarios)
  }

  processes(): ProcessFigures[] {
    const last = (this.soundRuns.length > 0 ? this.soundRuns : this.runs).at(-1)
    return [...(last?.processes ?? [])]
  }

  generator(): { lagP99Ms: number; coreRatio: number; cpuMsPerRun: number; saturated: boolean } {
    const lag = new Histogram()
    for (const run of this.runs) lag.add(run.lag)
    const runCount = this.runs.reduce((sum, run) => sum + mergedOf(run, run.scenarios).count, 0)
    return {
      lagP99Ms: lag.quantile(0.99),
      coreRatio: Math.max(0, ...this.runs.map(({ coreRatio }) => coreRatio)),
      cpuMsPerRun: this.runs.reduce((sum, { generatorCpuMs }) => sum + generatorCpuMs, 0) / runCount,
      saturated: this.runs.some(({ generatorSaturated }) => generatorSaturated),
    }
  }
}

function mergedOf({ tallies }: LoadWindow, classes: readonly string[]): Tally {
  const [first, ...others] = classes.filter((name) => tallies.has(name))
  if (first !== undefined && others.length === 0) return tallies.of(first)
  const merged = new Tally(first === undefined ? [] : tallies.of(first).latency.boundsMs)
  for (const name of first === undefined ? [] : [first, ...others]) merged.add(tallies.of(name).saved())
  return merged
}

function latencyWindow(run: LoadWindow, tally: Tally): LatencyWindow {
  return {
    count: tally.count,
    elapsedMs: run.endedAtMs - run.startedAtMs,
    failed: tally.failCount + tally.infoCount,
    above: (limitMs) => (tally.count === 0 ? 0 : tally.latency.above(limitMs)),
    quantile: (quantile) => tally.latency.quantile(quantile),
    ...(run.voidBecause === undefined ? {} : { voidBecause: run.voidBecause }),
  }
}

function figuresOf(
  name: string,
  runs: readonly LoadWindow[],
  classesOf: (run: LoadWindow) => readonly string[] = () => [name],
): ClassFigures {
  const tally = new Tally()
  for (const run of runs) tally.add(mergedOf(run, classesOf(run)).saved())
  const elapsedMs = runs.reduce((sum, { startedAtMs, endedAtMs }) => sum + endedAtMs - startedAtMs, 0)
  const { latency, failCount, infoCount, count } = tally
  return {
    class: name,
    runs: count,
    failRatio: count === 0 ? 0 : (failCount + infoCount) / count,
    failCount,
    infoCount,
    reasons: Object.fromEntries(tally.reasons),
    p50Ms: latency.quantile(0.5),
    p95Ms: latency.quantile(0.95),
    p99Ms: latency.quantile(0.99),
    p999Ms: latency.quantile(0.999),
    maxMs: latency.maxMs,
    okPerSecond: elapsedMs === 0 ? 0 : ((count - failCount - infoCount) * 1_000) / elapsedMs,
  }
}
