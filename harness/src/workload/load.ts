import { availableParallelism } from 'node:os'
import type { LatencyBudget } from '../base/latencyBudget.ts'
import type { Seed } from '../base/seed.ts'
import { type Arrivals, describeArrivals } from './arrivals.ts'
import { Histogram } from './histogram.ts'
import { LoadResult, type LoadWindow, type ProcessFigures } from './loadResult.ts'
import type { Scenario } from './scenario.ts'
import type { EndedOperation, OnStep } from './scenarioRuns.ts'
import { carryShare, type ShareOrder, type ShareReport } from './share.ts'
import { Tallies } from './tally.ts'
import { LoadThreads, type ScenarioModule } from './threads.ts'
import { type HostWatch, tolerances, voidReason } from './voidWindow.ts'

/** Open: runs start when they arrive. Closed: each user starts its next run when the one before has ended. */
export type Loop = { readonly arrivals: Arrivals } | { readonly users: number; readonly thinkMs?: number }

/** A process whose share of the machine is told beside the figures. */
export interface WatchedProcess {
  readonly name: string
  reading(): { rssBytes: number; handleCount: number; cpuMs: number } | undefined
}

export interface LoadOptions {
  /** In figures, files and messages. */
  name: string
  seed: Seed
  /** Functions run in this thread; a module is loaded by worker threads, as many as it takes. */
  scenarios: readonly Scenario[] | ScenarioModule
  loop: Loop
  /** Arrivals come, and users go on, for so long in each window. */
  windowMs: number
  /** Disjoint, one after the other, each with the whole of the arrivals. Default 3: what a latency budget is judged on. */
  windows?: number
  /** How often a void window is repeated; then there is nothing to judge. Default 2. */
  repeats?: number
  /** Not counted. Default 0. */
  warmUpMs?: number
  /** In one window. Default 1 000 000. */
  mostRuns?: number
  /** Default 1 000. Arrivals beyond wait, and their latency runs on. */
  mostUnderWay?: number
  /** Of each step. Default 10 000. */
  timeoutMs?: number
  /** What the result is going to be judged by: counted exactly, and it says which lags and stalls matter. */
  budgets?: readonly LatencyBudget[]
  /** Tells of stalls of this machine, which void a window. */
  host?: HostWatch
  processes?: readonly WatchedProcess[]
  onProgress?: (progress: LoadProgress) => void
  /** Each run and each step as it ends; not from worker threads. */
  onOperation?: (operation: EndedOperation) => void
  /** Each step before its call is made, for whoever must know what is under way; not from worker threads. */
  onStep?: OnStep
  signal?: AbortSignal
}

export interface LoadProgress {
  window: number
  windows: number
  /** From 1; above it the window is repeated. */
  attempt: number
  runs: number
  failed: number
}

/** Puts the load on, window by window, and repeats those that say nothing because the host or this generator stalled. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { windows = 3, repeats = 2, warmUpMs = 0, signal } = options
  const generator = await openGenerator(options)
  const done: LoadWindow[] = []
  try {
    if (warmUpMs > 0) await generator.carry({ ...orderOf(options, 'warm-up'), windowMs: warmUpMs }, undefined)
    for (let window = 1; window <= windows; window++) {
      for (let attempt = 1; attempt <= 1 + repeats && !signal?.aborted; attempt++) {
        const stream = `${options.name}/window ${window}.${attempt}`
        const told = await carryWindow(options, generator, stream, { window, windows, attempt })
        done.push(told)
        if (told.voidBecause === undefined) break
        if (told.generatorSaturated) await generator.grow()
      }
    }
  } finally {
    await generator.close()
  }
  return new LoadResult({
    name: options.name,
    seed: options.seed.value,
    loop: describeLoop(options.loop),
    windowMs: options.windowMs,
    threads: Math.max(0, ...done.map(({ threads }) => threads)),
    windows: done,
  })
}

interface Generator {
  carry(order: ShareOrder, onProgress: ((ended: Ended) => void) | undefined): Promise<ShareReport[]>
  /** One thread more, where there is a core for it. */
  grow(): Promise<void>
  close(): Promise<void>
}

interface Ended {
  runs: number
  failed: number
}

async function openGenerator({ scenarios, onOperation, onStep, signal }: LoadOptions): Promise<Generator> {
  if ('module' in scenarios) {
    return await LoadThreads.open(scenarios, { most: availableParallelism(), signal })
  }
  return {
    carry: async (order, onProgress) => [
      await carryShare(order, scenarios, { onOperation, onStep, onProgress, signal }),
    ],
    grow: async () => {},
    close: async () => {},
  }
}

async function carryWindow(
  options: LoadOptions,
  generator: Generator,
  stream: string,
  place: { window: number; windows: number; attempt: number },
): Promise<LoadWindow> {
  const { host, processes = [], budgets = [], onProgress } = options
  const before = processes.map((watched) => watched.reading())
  const startedAtMs = performance.timeOrigin + performance.now()
  const reports = await generator.carry(
    orderOf(options, stream),
    onProgress && ((ended) => onProgress({ ...place, ...ended })),
  )
  const endedAtMs = performance.timeOrigin + performance.now()
  const tallies = new Tallies(boundsOf(budgets))
  const lag = new Histogram()
  for (const report of reports) {
    tallies.add(report.tallies)
    lag.add(Histogram.from(report.lag))
  }
  const coreRatio = Math.max(...reports.map(({ cpuMs, elapsedMs }) => cpuMs / elapsedMs))
  const reading = { lag, coreRatio, isOpenLoop: 'arrivals' in options.loop }
  const reason = voidReason(reading, tolerances(budgets), await host?.between(startedAtMs, endedAtMs))
  return {
    window: place.window,
    attempt: place.attempt,
    threads: reports.length,
    startedAtMs,
    endedAtMs,
    tallies,
    scenarios: tallies.classes.filter((name) => !name.includes('/')),
    lag,
    coreRatio,
    generatorCpuMs: reports.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    generatorSaturated: reason?.by === 'generator',
    processes: processes.map((watched, at) => figuresOf(watched, before[at], endedAtMs - startedAtMs)),
    ...(reason === undefined ? {} : { voidBecause: reason.text }),
  }
}

function figuresOf(
  watched: WatchedProcess,
  before: ReturnType<WatchedProcess['reading']>,
  elapsedMs: number,
): ProcessFigures {
  const after = watched.reading()
  if (before === undefined || after === undefined) return { name: watched.name }
  return {
    name: watched.name,
    cpuRatio: (after.cpuMs - before.cpuMs) / elapsedMs,
    cpuMs: after.cpuMs - before.cpuMs,
    rssBytes: after.rssBytes,
    handleCount: after.handleCount,
  }
}

function boundsOf(budgets: readonly LatencyBudget[]): number[] {
  return budgets.map(({ limit }) => limit)
}

function orderOf(options: LoadOptions, stream: string): ShareOrder {
  const { loop } = options
  return {
    loop:
      'arrivals' in loop
        ? { type: 'open', arrivals: loop.arrivals }
        : { type: 'closed', users: loop.users, thinkMs: loop.thinkMs ?? 0 },
    seed: options.seed.value,
    stream,
    windowMs: options.windowMs,
    mostRuns: options.mostRuns ?? 1_000_000,
    mostUnderWay: options.mostUnderWay ?? 1_000,
    timeoutMs: options.timeoutMs ?? 10_000,
    boundsMs: boundsOf(options.budgets ?? []),
    share: { index: 0, of: 1 },
  }
}

function describeLoop(loop: Loop): string {
  if ('arrivals' in loop) return `open loop, ${describeArrivals(loop.arrivals)}`
  return `closed loop, ${loop.users} users${loop.thinkMs ? ` who wait ${loop.thinkMs} ms in between` : ''}`
}
