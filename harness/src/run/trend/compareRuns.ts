import { median } from '../../base/median.ts'
import type { Scale } from '../../base/scale.ts'
import { leastTrendValues, type Trend, trendOf } from '../../base/trend.ts'
import { againCommand } from '../againCommand.ts'
import { type CodeUnderTest, fingerprintOf } from '../codeUnderTest.ts'
import type { GuardOutcome, GuardRecord, RunRecord, SavedGuard } from '../runRecord.ts'
import type { ReadRun, ReadRuns } from './readRuns.ts'

type Counts = Record<GuardOutcome, number>

/** Runs beside one another: docs/schema/report.schema.json. */
export interface RunsReport {
  runs: ComparedRun[]
  guards: ComparedGuard[]
  budgets: BudgetTrend[]
  /** Executions on known-bad builds, where a failure is what is wanted: apart from all others. */
  knownBad: (Counts & { build: string; guard: string; runtime: string; scale: Scale })[]
  /** Runs whose code is not known: no flake can be told from a change among them. */
  codeUnknown: number
  unread: string[]
}

export interface ComparedRun
  extends Pick<RunRecord, 'seed' | 'startedAt' | 'durationMs' | 'runtime' | 'scale' | 'totals'> {
  folder: string
  breakwater: string
  code?: CodeUnderTest
}

export interface ComparedGuard extends Counts {
  guard: string
  title: string
  runtime: string
  scale: Scale
  /** On which code it both passed and failed. Empty: no flake was seen. */
  flakes: { code: CodeUnderTest; passed: number; failed: number }[]
  lastFailure?: { folder: string; startedAt: string; message: string; again: string }
  /** Of those that passed or failed, in order of time: the median of each run, ms. */
  durations: Series
}

export interface BudgetTrend extends Series {
  guard: string
  runtime: string
  scale: Scale
  reading: string
  unit: NonNullable<SavedGuard['readings']>[number]['unit']
  /** As the last run had it. */
  limit: number
  /** The last and the worst value over the limit. */
  lastShare: number
  worstShare: number
  /** Only where the trend is not by chance; `undecided` also stands for too few runs. */
  movement: 'towards' | 'away' | 'undecided'
  /** Runs from now until it would be reached if all went on like this; only while it moves towards its budget. */
  reachedInRuns?: number
}

/** One number a run. */
export interface Series {
  values: number[]
  first: number
  median: number
  last: number
  worst: number
  trend?: Trend
}

export const leastRunsForTrend = leastTrendValues

/** Compares runs that were read, in order of time. Runs of guards on known-bad builds count for nothing else. */
export function compareRuns({ runs, unread }: ReadRuns): RunsReport {
  const good = runs.filter(({ record }) => record.code?.knownBad === undefined)
  const executed = good.flatMap((run) => run.executions.map((execution) => ({ run, ...execution })))
  const byGuard = [
    ...Map.groupBy(executed, ({ run, guard }) =>
      JSON.stringify([run.record.runtime, run.record.scale, guard.id]),
    ).values(),
  ]
  return {
    runs: runs.map(comparedRun),
    guards: byGuard.map(comparedGuard),
    budgets: byGuard.flatMap(budgetsOf),
    knownBad: onKnownBad(runs),
    codeUnknown: good.filter(({ record }) => fingerprintOf(record.code) === undefined).length,
    unread: [...unread],
  }
}

/** Slowest first, by the median of what they took. */
export function bySlowness(guards: readonly ComparedGuard[]): ComparedGuard[] {
  return guards
    .filter(({ durations }) => durations.values.length > 0)
    .toSorted((a, b) => b.durations.median - a.durations.median)
}

interface Executed {
  run: ReadRun
  guard: GuardRecord
  readings: NonNullable<SavedGuard['readings']>
}

function comparedRun({ folder, record }: ReadRun): ComparedRun {
  const { seed, startedAt, durationMs, runtime, scale, totals, code, versions } = record
  const known = code === undefined || Object.keys(code).length === 0 ? {} : { code }
  return { folder, startedAt, seed, runtime, scale, durationMs, totals, breakwater: versions.breakwater, ...known }
}

function comparedGuard(executed: readonly Executed[]): ComparedGuard {
  const { guard: last, run } = executed.at(-1) as Executed
  const { runtime, scale } = run.record
  const failure = executed.findLast(({ guard }) => guard.outcome === 'failed')
  const timed = executed.filter(({ guard }) => guard.outcome === 'passed' || guard.outcome === 'failed')
  return {
    guard: last.id,
    title: last.title,
    runtime,
    scale,
    ...countsOf(executed),
    flakes: flakesOf(executed),
    ...(failure === undefined ? {} : { lastFailure: toldFailure(failure) }),
    durations: seriesOf(perRun(timed, ({ guard }) => [guard.durationMs])),
  }
}

function toldFailure({ run, guard }: Executed): NonNullable<ComparedGuard['lastFailure']> {
  const { seed, runtime, scale, startedAt, code } = run.record
  return {
    folder: run.folder,
    startedAt,
    message: guard.message ?? 'no message',
    again: againCommand({ id: guard.id, seed: guard.seed ?? seed, runtime, scale, code }),
  }
}

/** Both endings on one code. Where the code is not known, two endings may be two codes, so nothing is said. */
function flakesOf(executed: readonly Executed[]): ComparedGuard['flakes'] {
  const byCode = Map.groupBy(executed, ({ run }) => fingerprintOf(run.record.code))
  return [...byCode].flatMap(([fingerprint, own]) => {
    const { passed, failed } = countsOf(own)
    const code = own[0]?.run.record.code
    return fingerprint === undefined || !code || passed === 0 || failed === 0 ? [] : [{ code, passed, failed }]
  })
}

function budgetsOf(executed: readonly Executed[]): BudgetTrend[] {
  const { run, guard } = executed.at(-1) as Executed
  const bound = executed.flatMap(({ readings }) => readings.filter(({ limit }) => limit !== undefined))
  return [...new Set(bound.map(({ name }) => name))].flatMap((reading) => {
    const values = perRun(executed, ({ readings }) =>
      // What was no number is null in the file.
      readings.filter(({ name, value }) => name === reading && Number.isFinite(value)).map(({ value }) => value),
    )
    const { unit, limit } = bound.findLast(({ name }) => name === reading) ?? {}
    if (values.length === 0 || unit === undefined || limit === undefined) return []
    const series = seriesOf(values)
    const shares = { limit, lastShare: series.last / limit, worstShare: series.worst / limit }
    return [
      {
        guard: guard.id,
        runtime: run.record.runtime,
        scale: run.record.scale,
        reading,
        unit,
        ...shares,
        ...series,
        ...movementOf(series, limit),
      },
    ]
  })
}

/** All budgets are upper bounds. Where every run is at the same value, it does not move. */
function movementOf({ trend, last }: Series, limit: number): Pick<BudgetTrend, 'movement' | 'reachedInRuns'> {
  if (trend && trend.high < 0) return { movement: 'away' }
  if (!trend || trend.low <= 0) return { movement: 'undecided' }
  return { movement: 'towards', reachedInRuns: Math.max(0, Math.ceil((limit - last) / trend.perStep)) }
}

/** Repeats of one run were made under one set of circumstances: together they are one value, their median. */
function perRun(executed: readonly Executed[], valuesOf: (execution: Executed) => number[]): number[] {
  const byRun = Map.groupBy(executed, ({ run }) => run)
  return [...byRun.values()].flatMap((own) => {
    const values = own.flatMap(valuesOf)
    return values.length === 0 ? [] : [median(values)]
  })
}

function seriesOf(values: number[]): Series {
  const trend = trendOf(values)
  return {
    values,
    first: values[0] ?? 0,
    median: median(values),
    last: values.at(-1) ?? 0,
    worst: values.reduce((worst, value) => Math.max(worst, value), values[0] ?? 0),
    ...(trend === undefined ? {} : { trend }),
  }
}

function onKnownBad(runs: readonly ReadRun[]): RunsReport['knownBad'] {
  const executed = runs.flatMap((run) => run.executions.map((execution) => ({ run, ...execution })))
  const bad = executed.filter(({ run }) => run.record.code?.knownBad !== undefined)
  const groups = Map.groupBy(bad, ({ run, guard }) =>
    JSON.stringify([run.record.code?.knownBad, guard.id, run.record.runtime, run.record.scale]),
  )
  return [...groups].map(([name, own]) => {
    const [build, guard, runtime, scale] = JSON.parse(name) as [string, string, string, Scale]
    return { build, guard, runtime, scale, ...countsOf(own) }
  })
}

function countsOf(executed: readonly Pick<Executed, 'guard'>[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, inconclusive: 0, notRun: 0 }
  for (const { guard } of executed) counts[guard.outcome]++
  return counts
}
