import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { nowMs } from '../base/clock.ts'
import { asUnwritable, HarnessError, messageOf } from '../base/errors.ts'
import type { Seed } from '../base/seed.ts'
import { formatBytes, MiB } from '../base/units.ts'
import type { Verdict } from '../check/verdict.ts'
import type { Exploration, SoakedMix } from '../explore/exploration.ts'
import { samplePathOf } from '../probe/sampleFile.ts'
import type { BreakableCluster } from '../run/breakableCluster.ts'
import type { GuardRun } from '../run/guardRun.ts'
import { diskUse } from './diskUse.ts'
import { Keepsakes } from './keepsakes.ts'
import { judgeShape, outcomeOf } from './outcome.ts'
import { type SoakRecord, type SoakWindow, saveSoak } from './soakRecord.ts'
import { type SoakBed, soakWindow, type WindowUnderWay } from './soakWindow.ts'
import { watchNodes } from './watchNodes.ts'
import { planWindow, warmUpOf } from './windowPlan.ts'

export interface SoakOptions {
  exploration: Exploration
  /** As it was named. */
  system: string
  seed: Seed
  durationMs: number
  /** About how long a window is: its calm and its faults take four fifths of this, coming back to work and judging take what they take. */
  windowMs?: number
  /** Operations a second over all clients. */
  ratePerSecond?: number
  /** How many green windows keep their history. */
  keepWindows?: number
  /** What logs, histories and the nodes' own data may take together. */
  mostDiskBytes?: number
  build?: string
  /** For soak.json and the windows; the run's own if left out. A runner that goes on with a soak keeps its logs in a folder of its own. */
  folder?: string
  stop?: AbortSignal
  /** Goes on where this one ended; all but the cluster is taken from it. */
  resumed?: SoakRecord
  tell?: (event: SoakEvent) => void
}

export type SoakEvent =
  | { type: 'window'; window: SoakWindow; record: SoakRecord }
  | { type: 'underWay'; underWay: WindowUnderWay; record: SoakRecord }

const defaults = { keepWindows: 3, mostDiskBytes: 2_048 * MiB }
const longestWindowMs = 120_000
const shortestWindowMs = 5_000
/** So many windows at the least, unless told otherwise: throughput is compared from one to the next. */
const leastWindows = 20
const mostReadings = 2_000

/** A window's length unless told otherwise: a twentieth of the soak, from 5 s to 2 min. */
export function windowMsFor(durationMs: number): number {
  return Math.min(longestWindowMs, Math.max(shortestWindowMs, Math.round(durationMs / leastWindows)))
}

/**
 * Soaks a system on a cluster of this run: windows of calm and of faults, one after the other, each judged by itself and all of them by
 * their shape, until the time is over, something is found, or somebody asks to stop. soak.json in the run's folder is written after each
 * window. The run, and with it the cluster, is the caller's to close. Throws BAD_USAGE for a system that is not to be soaked.
 */
export async function soakOn(run: GuardRun, options: SoakOptions): Promise<SoakRecord> {
  const { exploration, system, stop = new AbortController().signal, tell = () => {} } = options
  const mix = mixOf(exploration, system)
  const record = options.resumed ? continued(options.resumed) : begun(options, mix, (await run.runtime()).name)
  const runner = record.runners.length
  const folder = options.folder ?? run.folder
  const beganAtMs = nowMs() - record.elapsedMs
  const { env, objectStore } = (await exploration.dependencies?.start(run)) ?? { env: {} }
  const cluster = (await run.startCluster({
    system: exploration.system,
    nodes: record.nodes,
    env: { ...env, ...record.settings },
    powerCuts: exploration.powerCuts === true,
  })) as BreakableCluster
  const bed: SoakBed<unknown> = {
    exploration,
    workloads: workloadsOf(exploration, record),
    run,
    cluster,
    ...(objectStore === undefined ? {} : { objectStore }),
    host: await run.host(),
    keepsakes: new Keepsakes(),
    beganAtMs,
    stop,
  }
  const windows = { exploration, mix, seed: options.seed, windowMs: record.windowMs, durationMs: record.durationMs }
  const { can } = await run.runtime()
  let underWay: WindowUnderWay | undefined
  const watching = new AbortController()
  const open = () => underWay?.player?.open ?? []
  const watch = watchNodes(
    {
      cluster: cluster as BreakableCluster<never>,
      runner,
      everyMs: Math.min(120_000, Math.max(2_000, record.durationMs / 150)),
      beganAtMs,
      silent: () => new Set(open().flatMap(({ family, targets }) => (family === 'pause' ? targets.slice(0, 1) : []))),
      isCalm: () => open().length === 0,
      take: (reading) => takeReading(record, reading),
    },
    watching.signal,
  )
  const disk = new BoundedDisk(folder, cluster, record)
  saveSoak(folder, record)
  try {
    while (record.findings.length === 0 && !stop.aborted && nowMs() - beganAtMs < record.durationMs) {
      const plan = planWindow({ ...windows, can }, record.nextWindow, nowMs() - beganAtMs)
      const windowFolder = join(folder, `window-${plan.number}`)
      rmSync(windowFolder, { recursive: true, force: true })
      mkdirSync(windowFolder, { recursive: true })
      const done = await soakWindow(bed, plan, windowFolder, (state) => {
        underWay = state
        tell({ type: 'underWay', underWay: state, record })
      })
      if (!done) break
      demandBuild(run, options.build)
      add(record, done.window, done.states)
      if (done.window.findings.length === 0) disk.windowEnded(windowFolder, done.endedLogs)
      disk.demandBound(plan.number)
      record.elapsedMs = nowMs() - beganAtMs
      record.verdicts = judgeShape(record)
      saveSoak(folder, record)
      tell({ type: 'window', window: done.window, record })
    }
  } catch (error) {
    const unwritable = asUnwritable(error)
    if (!unwritable) throw error
    record.stopped = unwritable.message
  } finally {
    watching.abort()
    await watch
  }
  record.elapsedMs = nowMs() - beganAtMs
  record.verdicts = judgeShape(record)
  record.outcome = outcomeOf(record, stop.aborted)
  saveIfPossible(folder, record)
  return record
}

/** Where the disk is full, the record of the last window stays: the soak can be gone on with from there. */
export function saveIfPossible(folder: string, record: SoakRecord): void {
  try {
    saveSoak(folder, record)
  } catch (error) {
    const unwritable = asUnwritable(error)
    if (!unwritable) throw error
    record.stopped ??= unwritable.message
    if (record.outcome === 'passed') record.outcome = 'inconclusive'
  }
}

function mixOf(exploration: Exploration, system: string): SoakedMix {
  if (exploration.soak) return exploration.soak
  throw new HarnessError('BAD_USAGE', `The exploration of ${system} does not say how it is soaked (its "soak").`)
}

function begun(options: SoakOptions, mix: SoakedMix, runtime: string): SoakRecord {
  const { exploration, seed, system, durationMs, build } = options
  const windowMs = options.windowMs ?? windowMsFor(durationMs)
  const random = seed.stream('soak')
  const names = Array.from({ length: mix.nodes }, (_, at) => `n${at + 1}`)
  const own = Object.keys(mix.shares).map((name) => exploration.workloads[name]?.settings?.(random, names))
  return {
    version: 1,
    system,
    ...(build === undefined ? {} : { build }),
    seed: seed.value,
    runtime,
    nodes: mix.nodes,
    durationMs,
    windowMs,
    ratePerSecond: options.ratePerSecond ?? mix.ratePerSecond,
    keepWindows: options.keepWindows ?? defaults.keepWindows,
    mostDiskBytes: options.mostDiskBytes ?? defaults.mostDiskBytes,
    warmUpMs: warmUpOf({ durationMs, windowMs }),
    settings: Object.assign({}, exploration.settings?.(random), ...own, mix.settings),
    shares: mix.shares,
    runners: [{ startedAt: new Date().toISOString(), firstWindow: 1 }],
    elapsedMs: 0,
    nextWindow: 1,
    operations: { ok: 0, fail: 0, info: 0 },
    faults: { healed: 0, withoutEffect: 0, notOpened: 0, families: {} },
    windows: [],
    readings: [],
    judged: {},
    states: [],
    verdicts: [],
    findings: [],
    diskBytes: 0,
    outcome: 'underWay',
  }
}

/** The same soak in a new runner. What its cluster knew went with the one before; so did the window under way. */
function continued(before: SoakRecord): SoakRecord {
  const { nextWindow } = before
  const past = nextWindow > 1 ? `the cluster of the windows up to ${nextWindow - 1} with its data, and ` : ''
  const lost = `${past}window ${nextWindow}, which was under way`
  const runner = { startedAt: new Date().toISOString(), firstWindow: nextWindow, lost }
  const { stopped: _, ...rest } = before
  return { ...rest, runners: [...before.runners, runner], outcome: 'underWay' }
}

function workloadsOf(exploration: Exploration, { shares, ratePerSecond }: SoakRecord): SoakBed<unknown>['workloads'] {
  const sum = Object.values(shares).reduce((total, share) => total + share, 0)
  return Object.entries(shares).map(([name, share]) => {
    const workload = exploration.workloads[name]
    if (!workload)
      throw new HarnessError('BAD_USAGE', `The mix of the soak names the workload "${name}", which is none.`)
    return { name, workload, ratePerSecond: (ratePerSecond * share) / sum }
  })
}

/** Every second one goes when there are too many: the series keeps its shape. */
function takeReading(record: SoakRecord, reading: SoakRecord['readings'][number]): void {
  record.readings.push(reading)
  if (record.readings.length > mostReadings * record.nodes) {
    const turns = new Map<string, number>()
    record.readings = record.readings.filter(({ life }) => {
      const turn = (turns.get(life) ?? 0) + 1
      turns.set(life, turn)
      return turn % 2 === 1
    })
  }
}

function add(record: SoakRecord, window: SoakWindow, states: readonly string[]): void {
  record.windows.push(window)
  record.nextWindow = window.number + 1
  record.findings.push(...window.findings)
  for (const ended of ['ok', 'fail', 'info'] as const) record.operations[ended] += window.operations[ended]
  for (const name of ['healed', 'withoutEffect', 'notOpened'] as const) record.faults[name] += window.faults[name]
  for (const { family } of window.opened) record.faults.families[family] = (record.faults.families[family] ?? 0) + 1
  for (const { checker, verdict } of window.verdicts) {
    const counts = record.judged[checker] ?? { valid: 0, invalid: 0, unknown: 0 }
    counts[verdict as Verdict['verdict']]++
    record.judged[checker] = counts
  }
  record.states = [...new Set([...record.states, ...states])]
}

/** Without the nodes' own word, green says nothing about the build. */
function demandBuild(run: GuardRun, build: string | undefined): void {
  if (build === undefined || run.loadedBuilds().includes(build)) return
  throw new HarnessError('PATCH_STALE', `The known-bad build ${build} was not loaded: no node said so.`)
}

/** Green windows go after a while, with the logs of the lives that ended in them: what a soak keeps does not grow with its length. */
class BoundedDisk {
  readonly #folder: string
  readonly #cluster: BreakableCluster
  readonly #record: SoakRecord
  readonly #kept: { folder: string; endedLogs: readonly string[] }[] = []

  constructor(folder: string, cluster: BreakableCluster, record: SoakRecord) {
    this.#folder = folder
    this.#cluster = cluster
    this.#record = record
  }

  windowEnded(folder: string, endedLogs: readonly string[]): void {
    this.#kept.push({ folder, endedLogs })
    while (this.#kept.length > this.#record.keepWindows) this.#dropOldest()
    this.#record.diskBytes = this.#used()
    while (this.#record.diskBytes > this.#record.mostDiskBytes && this.#kept.length > 0) {
      this.#dropOldest()
      this.#record.diskBytes = this.#used()
    }
  }

  /** With nothing left to remove, the nodes themselves take too much. */
  demandBound(window: number): void {
    const { diskBytes, mostDiskBytes, findings } = this.#record
    if (diskBytes <= mostDiskBytes) return
    const message = `logs, histories and the nodes' data take ${formatBytes(diskBytes)}, of which ${formatBytes(diskUse(this.#cluster.workFolder))} are the nodes'; at most ${formatBytes(mostDiskBytes)} are allowed`
    findings.push({ window, by: 'disk', message })
  }

  #used(): number {
    return diskUse(this.#folder) + diskUse(this.#cluster.workFolder)
  }

  #dropOldest(): void {
    const oldest = this.#kept.shift()
    if (!oldest) return
    rmSync(oldest.folder, { recursive: true, force: true })
    for (const log of oldest.endedLogs) {
      const base = log.replace(/\.log$/, '')
      for (const path of [log, `${base}.errors.jsonl`, samplePathOf(log)]) rmSync(path, { force: true })
    }
  }
}

/** For a finding that no window has made: the cluster could not be started, something was left behind. */
export function addFinding(record: SoakRecord, by: string, error: unknown): void {
  record.findings.push({ window: record.nextWindow, by, message: messageOf(error) })
  record.outcome = 'failed'
}
