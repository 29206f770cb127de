import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { asUnwritable, HarnessError } from '../base/errors.ts'
import type { Seed } from '../base/seed.ts'
import { numbersOf, type Shard, shownShard } from '../base/shard.ts'
import type { Finding } from '../run/findings.ts'
import { tryWriteReport } from '../run/report/writeReport.ts'
import { openRuntime } from '../runtime/openRuntime.ts'
import { coverableBy } from './coverable.ts'
import { Coverage, type CoverageReport } from './coverage.ts'
import type { Exploration } from './exploration.ts'
import { drawPlan, type ExplorationPlan, seedOfRun } from './plan.ts'
import type { RunOutcome } from './runOutcome.ts'
import { runPlan } from './runPlan.ts'
import { type FailureRate, type SmallestPlan, smallestPlan } from './smallestPlan.ts'
import type { Trouble } from './trouble.ts'

export interface ExploreOptions {
  exploration: Exploration
  /** As it was named. */
  system: string
  seed: Seed
  runs: number
  /** Only these of the runs. */
  shard?: Shard
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
  /** Around what keeps this process busy (`RunPlanContext.judging`). */
  judging?: <T>(judge: () => T) => T
  tell: (event: ExploreEvent) => void
}

export type ExploreEvent =
  | { type: 'run'; number: number; outcome: RunOutcome }
  /** It is tried once more. */
  | { type: 'trouble'; number: number; troubles: readonly Trouble[] }
  | { type: 'shrinking'; faults: number }
  | { type: 'repeated'; rate: FailureRate; triesEach: number }
  | { type: 'tried'; number: number; faults: number; failed: boolean }

/** A failure and, if it was asked for, the smallest plan that still shows it. */
export interface Found {
  /** From 1. */
  run: number
  plan: ExplorationPlan
  findings: Finding[]
  /** What the run saw; it can be replayed from there. */
  folder: string
  shrunk?: SmallestPlan
}

export interface ExploreResult {
  system: string
  build?: string
  seed: number
  /** Which part of the seed's runs this was: `3/10`. */
  shard?: string
  runtime: string
  runs: number
  found: Found[]
  /** Runs in which nothing was found and which say little, each with its reason: they do not count as passed. */
  weak: { run: number; workload: string; why: string }[]
  /** Runs that said nothing of the system, twice: a control channel that did not answer, a host that stalled. */
  troubled: { run: number; workload: string; troubles: Trouble[] }[]
  /** Over all runs. */
  faults: { drawn: number; opened: number; effective: number }
  operations: Record<'ok' | 'fail' | 'info', number>
  /** Verdicts that could not be had, by checker: nothing was deleted in that run, nothing acknowledged. */
  unknown: Record<string, number>
  /** Checkers that judged a run. */
  judged: string[]
  /** Checkers that judged no run at all. */
  neverJudged: string[]
  coverage: CoverageReport
  durationMs: number
  interrupted: boolean
  /** What it saw could not be written down any more. */
  stopped?: string
}

/** What a guard would be called that ended like this. Weak runs and troubled ones are no evidence: with none but those, there is none. */
export function outcomeOf({
  found,
  interrupted,
  neverJudged,
  runs,
  stopped,
  weak,
  troubled,
}: ExploreResult): 'passed' | 'failed' | 'inconclusive' {
  if (found.length > 0) return 'failed'
  const strong = runs - weak.length - troubled.length
  return interrupted || stopped !== undefined || strong <= 0 || neverJudged.length > 0 ? 'inconclusive' : 'passed'
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
  const weak: ExploreResult['weak'] = []
  const troubled: ExploreResult['troubled'] = []
  const faults = { drawn: 0, opened: 0, effective: 0 }
  const operations = { ok: 0, fail: 0, info: 0 }
  const unknown: Record<string, number> = {}
  const judged = new Map<string, boolean>()
  let runs = 0
  let stopped: string | undefined
  for (const number of numbersOf(options.runs, options.shard)) {
    if (stop.aborted || (found.length > 0 && !options.keepGoing)) break
    const plan = drawPlan(exploration, seedOfRun(seed, number), context)
    const outcome = await keptOrWhy(() =>
      runTwice(options, plan, `run-${number}`, (troubles) => tell({ type: 'trouble', number, troubles })),
    )
    if (typeof outcome === 'string') stopped = outcome
    if (typeof outcome === 'string' || outcome.interrupted) break
    runs++
    const { findings, troubles, folder, played } = outcome
    const { workload } = plan
    // A cluster that did not start is not asked what it loaded.
    if (findings.length > 0 || troubles.length === 0) demandBuild(outcome, build)
    tell({ type: 'run', number, outcome })
    coverage.add(outcome)
    for (const ended of ['ok', 'fail', 'info'] as const) operations[ended] += outcome.operations[ended]
    for (const { checker, verdict } of outcome.verdicts) {
      if (verdict === 'unknown') unknown[checker] = (unknown[checker] ?? 0) + 1
      judged.set(checker, (judged.get(checker) ?? false) || verdict !== 'unknown')
    }
    faults.drawn += plan.schedule.faults.length
    faults.opened += played.filter((fault) => fault.outcome !== 'notOpened').length
    faults.effective += played.filter((fault) => fault.outcome === 'effective').length
    if (findings.length === 0 && troubles.length > 0) troubled.push({ run: number, workload, troubles })
    if (outcome.weak !== undefined) weak.push({ run: number, workload, why: outcome.weak })
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
    ...(options.shard === undefined ? {} : { shard: shownShard(options.shard) }),
    runtime: options.runtime,
    runs,
    found,
    weak,
    troubled,
    faults,
    operations,
    unknown,
    judged: [...judged].filter(([, did]) => did).map(([checker]) => checker),
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
    ...(options.judging === undefined ? {} : { judging: options.judging }),
  })
}

/** Runs the plan, and once more if it met with trouble and found nothing: that is no news, and may pass. */
async function runTwice(
  options: ExploreOptions,
  plan: ExplorationPlan,
  name: string,
  tell: (troubles: readonly Trouble[]) => void,
): Promise<RunOutcome> {
  const outcome = await runOnce(options, plan, name)
  if (outcome.interrupted || outcome.findings.length > 0 || outcome.troubles.length === 0) return outcome
  tell(outcome.troubles)
  rmSync(outcome.folder, { recursive: true, force: true })
  return runOnce(options, plan, name)
}

/** Without the nodes' own word, green says nothing about the build. */
function demandBuild({ loaded, findings }: RunOutcome, build: string | undefined): void {
  if (build === undefined || loaded.includes(build)) return
  const why = findings[0]?.message ?? 'no node said so'
  throw new HarnessError('PATCH_STALE', `The known-bad build ${build} was not loaded: ${why}`)
}

/** Looks for the smallest plan that fails by what the first one failed by, and says how often it does. */
async function shrinkFound(options: ExploreOptions, found: Found): Promise<void> {
  const { tell, stop } = options
  const { plan } = found
  const wanted = new Set(found.findings.map(({ by }) => by))
  tell({ type: 'shrinking', faults: plan.schedule.faults.length })
  found.shrunk = await smallestPlan({
    plan,
    mostTries: options.shrinkTries,
    stop,
    folder: join(options.folder, 'smallest'),
    async run(schedule, name) {
      const outcome = await runTwice(options, { ...plan, schedule }, name, () => {})
      if (outcome.interrupted || outcome.troubles.length > 0) return { folder: outcome.folder, ended: 'troubled' }
      const failed = outcome.findings.some(({ by }) => wanted.has(by))
      return { folder: outcome.folder, ended: failed ? 'failed' : 'held' }
    },
    tell,
  })
}
