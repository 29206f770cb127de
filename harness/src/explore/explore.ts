import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { asUnwritable, HarnessError } from '../base/errors.ts'
import type { Seed } from '../base/seed.ts'
import type { Schedule } from '../nemesis/schedule.ts'
import type { Finding } from '../run/findings.ts'
import { tryWriteReport } from '../run/report/writeReport.ts'
import { openRuntime } from '../runtime/openRuntime.ts'
import { coverableBy } from './coverable.ts'
import { Coverage, type CoverageReport } from './coverage.ts'
import type { Exploration } from './exploration.ts'
import { drawPlan, type ExplorationPlan, savePlan, seedOfRun } from './plan.ts'
import { type RunOutcome, runPlan } from './runPlan.ts'
import { shrink } from './shrink.ts'

export interface ExploreOptions {
  exploration: Exploration
  /** As it was named. */
  system: string
  seed: Seed
  runs: number
  runtime: string
  build?: string
  workloads?: readonly string[]
  /** Go on after a failure, and shrink none. */
  keepGoing: boolean
  /** Smaller plans that may be tried; 0: none. */
  shrinkTries: number
  /** Where runs keep what they saw. Those in which nothing was found are removed. */
  folder: string
  stop: AbortSignal
  tell: (event: ExploreEvent) => void
}

export type ExploreEvent =
  | { type: 'run'; number: number; outcome: RunOutcome }
  | { type: 'shrinking'; faults: number }
  | { type: 'tried'; number: number; faults: number; failed: boolean }

/** A failure and, if it was asked for, the smallest plan that still shows it. */
export interface Found {
  /** From 1. */
  run: number
  plan: ExplorationPlan
  findings: Finding[]
  /** What the run saw; it can be replayed from there. */
  folder: string
  shrunk?: {
    plan: ExplorationPlan
    folder: string
    tried: number
    gaveUp: boolean
    /** How often the smallest plan failed when it was repeated at the end. */
    failed: number
    repeats: number
  }
}

export interface ExploreResult {
  system: string
  build?: string
  seed: number
  runtime: string
  runs: number
  found: Found[]
  operations: Record<'ok' | 'fail' | 'info', number>
  /** Verdicts that could not be had, by checker: nothing was deleted in that run, nothing acknowledged. */
  unknown: Record<string, number>
  /** Checkers that judged no run at all. */
  neverJudged: string[]
  coverage: CoverageReport
  durationMs: number
  interrupted: boolean
  /** What it saw could not be written down any more. */
  stopped?: string
}

/** What a guard would be called that ended like this. */
export function outcomeOf({
  found,
  interrupted,
  neverJudged,
  runs,
  stopped,
}: ExploreResult): 'passed' | 'failed' | 'inconclusive' {
  if (found.length > 0) return 'failed'
  return interrupted || stopped !== undefined || runs === 0 || neverJudged.length > 0 ? 'inconclusive' : 'passed'
}

/** Runs of a system under schedules drawn from the seed, one after the other, until something is found. */
export async function explore(options: ExploreOptions): Promise<ExploreResult> {
  const startedAt = performance.now()
  const { exploration, seed, build, stop, tell } = options
  const can = await capabilities(options.runtime)
  const context = {
    system: options.system,
    runtime: options.runtime,
    can,
    ...(build === undefined ? {} : { build }),
    ...(options.workloads === undefined ? {} : { workloads: options.workloads }),
  }
  const coverage = new Coverage(coverableBy(exploration, can, options.workloads))
  const found: Found[] = []
  const operations = { ok: 0, fail: 0, info: 0 }
  const unknown: Record<string, number> = {}
  const judged = new Map<string, boolean>()
  let runs = 0
  let stopped: string | undefined
  while (runs < options.runs && !stop.aborted && (options.keepGoing || found.length === 0)) {
    const number = runs + 1
    const plan = drawPlan(exploration, seedOfRun(seed, number), context)
    const outcome = await keptOrWhy(() => runOnce(options, plan, `run-${number}`))
    if (typeof outcome === 'string') stopped = outcome
    if (typeof outcome === 'string' || outcome.interrupted) break
    runs = number
    demandBuild(outcome, build)
    tell({ type: 'run', number, outcome })
    coverage.add(outcome)
    for (const ended of ['ok', 'fail', 'info'] as const) operations[ended] += outcome.operations[ended]
    for (const { checker, verdict } of outcome.verdicts) {
      if (verdict === 'unknown') unknown[checker] = (unknown[checker] ?? 0) + 1
      judged.set(checker, (judged.get(checker) ?? false) || verdict !== 'unknown')
    }
    const { findings, folder } = outcome
    if (findings.length > 0) {
      found.push({ run: number, plan, findings, folder })
      tryWriteReport(folder)
    } else rmSync(folder, { recursive: true, force: true })
  }
  const [first] = found
  if (!options.keepGoing && first && options.shrinkTries > 0 && !stop.aborted) {
    const why = await keptOrWhy(() => shrinkFound(options, first))
    if (typeof why === 'string') stopped = why
  }
  return {
    system: options.system,
    ...(build === undefined ? {} : { build }),
    seed: seed.value,
    runtime: options.runtime,
    runs,
    found,
    operations,
    unknown,
    neverJudged: [...judged].filter(([, did]) => !did).map(([checker]) => checker),
    coverage: coverage.report(),
    durationMs: performance.now() - startedAt,
    interrupted: stop.aborted,
    ...(stopped === undefined ? {} : { stopped }),
  }
}

/** The sentence, where the disk of the run folder is full: what was judged before stands. */
async function keptOrWhy<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work()
  } catch (error) {
    const unwritable = asUnwritable(error)
    if (!unwritable) throw error
    return unwritable.message
  }
}

async function capabilities(name: string) {
  const runtime = await openRuntime(name)
  try {
    return runtime.can
  } finally {
    await runtime.close()
  }
}

function runOnce(options: ExploreOptions, plan: ExplorationPlan, name: string): Promise<RunOutcome> {
  const folder = join(options.folder, name)
  mkdirSync(folder, { recursive: true })
  return runPlan(options.exploration, plan, {
    folder,
    openRuntime: () => openRuntime(options.runtime),
    stop: options.stop,
  })
}

/** Without the nodes' own word, green says nothing about the build. */
function demandBuild({ loaded, findings }: RunOutcome, build: string | undefined): void {
  if (build === undefined || loaded.includes(build)) return
  const why = findings[0]?.message ?? 'no node said so'
  throw new HarnessError('PATCH_STALE', `The known-bad build ${build} was not loaded: ${why}`)
}

/** Real runs differ: a smaller plan fails if one of so many tries does. */
const triesEach = 3
const repeatsAtTheEnd = 10

/** Looks for the smallest plan that fails by what the first one failed by, and says how often it does. */
async function shrinkFound(options: ExploreOptions, found: Found): Promise<void> {
  const { tell, stop } = options
  const { plan } = found
  const wanted = new Set(found.findings.map(({ by }) => by))
  tell({ type: 'shrinking', faults: plan.schedule.faults.length })
  let number = 0
  const failsOnce = async (schedule: Schedule, name: string): Promise<RunOutcome | undefined> => {
    const outcome = await runOnce(options, { ...plan, schedule }, name)
    if (!outcome.interrupted && outcome.findings.some(({ by }) => wanted.has(by))) return outcome
    rmSync(outcome.folder, { recursive: true, force: true })
    return undefined
  }
  const fails = async (schedule: Schedule): Promise<boolean> => {
    number++
    let failed = false
    for (let turn = 1; turn <= triesEach && !failed && !stop.aborted; turn++) {
      const outcome = await failsOnce(schedule, `smaller-${number}`)
      if (outcome) rmSync(outcome.folder, { recursive: true, force: true })
      failed = outcome !== undefined
    }
    tell({ type: 'tried', number, faults: schedule.faults.length, failed })
    return failed
  }
  const { schedule, tried, gaveUp } = await shrink(plan.schedule, fails, { mostTries: options.shrinkTries })
  const folder = join(options.folder, 'smallest')
  mkdirSync(folder, { recursive: true })
  savePlan(folder, { ...plan, schedule })
  let failed = 0
  let repeats = 0
  for (; repeats < repeatsAtTheEnd && !stop.aborted; repeats++) {
    const outcome = await failsOnce(schedule, 'again')
    if (!outcome) continue
    failed++
    // The last one that failed stays, to be looked at.
    rmSync(folder, { recursive: true, force: true })
    renameSync(outcome.folder, folder)
  }
  tryWriteReport(folder)
  found.shrunk = { plan: { ...plan, schedule }, folder, tried, gaveUp, failed, repeats }
}
