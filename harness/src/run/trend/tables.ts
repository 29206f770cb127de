import type { Scale } from '../../base/scale.ts'
import { shownPath } from '../../base/shownPath.ts'
import { formatMs } from '../../base/units.ts'
import type { CodeUnderTest } from '../codeUnderTest.ts'
import { formatReading } from '../formatReading.ts'
import {
  type BudgetTrend,
  bySlowness,
  type ComparedGuard,
  leastRunsForTrend,
  type RunsReport,
  type Series,
} from './compareRuns.ts'

/** A cell is text, or a series to be drawn; against its limit, if it has one. */
export type Cell = string | { series: Series; limit?: number }

/** What a report tells, whatever it is drawn with. A row that is marked wants to be looked at. */
export interface ReportTable {
  title: string
  head: readonly string[]
  rows: readonly { cells: readonly Cell[]; marked?: boolean }[]
  /** Said below it; the whole of it where there are no rows. */
  notes: readonly string[]
}

/** Runs, budgets, flakes, last failures, guards by how slow they are, known-bad builds. Those that would say nothing are left out. */
export function tablesOf(report: RunsReport): ReportTable[] {
  const tables = [
    runsTable(report),
    budgetsTable(report),
    flakesTable(report),
    failuresTable(report),
    guardsTable(report),
    knownBadTable(report),
  ]
  return tables.filter(({ rows, notes }) => rows.length + notes.length > 0)
}

function runsTable({ runs }: RunsReport): ReportTable {
  return {
    title: 'Runs',
    head: ['started (UTC)', 'seed', 'runtime', 'code', 'passed', 'failed', 'inconclusive', 'not run', 'took', 'folder'],
    rows: runs.map(({ startedAt, seed, runtime, scale, code, totals, durationMs, folder }) => ({
      marked: totals.failed > 0 && code?.knownBad === undefined,
      cells: [
        minuteOf(startedAt),
        String(seed),
        scale === 'gate' ? runtime : `${runtime}, ${scale} scale`,
        describeCode(code),
        ...[totals.passed, totals.failed, totals.inconclusive, totals.notRun].map(String),
        formatMs(durationMs),
        shownPath(folder),
      ],
    })),
    notes: [],
  }
}

function budgetsTable({ budgets }: RunsReport): ReportTable {
  const few = budgets.some(({ values }) => values.length < leastRunsForTrend)
  return {
    title: 'Budgets',
    head: ['guard', 'reading', 'runs', 'first', 'median', 'last', 'worst', 'budget', 'worst of it', 'trend', 'verdict'],
    rows: budgets.map((each) => ({
      marked: each.movement === 'towards' || each.worstShare >= 1,
      cells: [
        nameOf(each),
        each.reading,
        String(each.values.length),
        ...[each.first, each.median, each.last, each.worst, each.limit].map((value) => formatReading(value, each.unit)),
        `${(each.worstShare * 100).toFixed(0)} %`,
        { series: each, limit: each.limit },
        describeMovement(each),
      ],
    })),
    notes: few
      ? [
          `A trend is told from ${leastRunsForTrend} runs on, where it is not by chance (Theil and Sen's slope, its interval at 99.9 %).`,
        ]
      : [],
  }
}

/** "moving towards its budget: +4.1 ms a run (2.0 to 6.3), there in 12 runs" */
function describeMovement({ movement, trend, unit, reachedInRuns, values }: BudgetTrend): string {
  if (!trend) return values.length < leastRunsForTrend ? '' : 'no trend'
  if (movement === 'undecided') return 'no trend'
  const [per, low, high] = [trend.perStep, trend.low, trend.high].map((value) => signed(value, unit))
  if (movement === 'away') return `moving away from its budget: ${per} a run (${low} to ${high})`
  return `moving towards its budget: ${per} a run (${low} to ${high}), there in ${reachedInRuns} runs at this pace`
}

function signed(value: number, unit: BudgetTrend['unit']): string {
  const sign = value < 0 ? '-' : '+'
  const size = Math.abs(value)
  return `${sign}${formatReading(unit === 'bytes' ? Math.round(size) : size, unit)}`
}

function flakesTable({ guards, codeUnknown }: RunsReport): ReportTable {
  const note = `${codeUnknown} of the runs do not say which code they ran, so no flake is told among those.`
  return {
    title: 'Flakes: passed and failed on the same code',
    head: ['guard', 'code', 'passed', 'failed'],
    rows: guards.flatMap((guard) =>
      guard.flakes.map(({ code, passed, failed }) => ({
        marked: true,
        cells: [nameOf(guard), describeCode(code), String(passed), String(failed)],
      })),
    ),
    notes: codeUnknown > 0 ? [note] : [],
  }
}

function failuresTable({ guards }: RunsReport): ReportTable {
  return {
    title: 'Last failures',
    head: ['guard', 'when (UTC)', 'message', 'again'],
    rows: guards.flatMap(({ lastFailure, ...guard }) =>
      lastFailure === undefined
        ? []
        : [
            {
              marked: true,
              cells: [nameOf(guard), minuteOf(lastFailure.startedAt), lastFailure.message, lastFailure.again],
            },
          ],
    ),
    notes: [],
  }
}

function guardsTable({ guards }: RunsReport): ReportTable {
  const untimed = guards.filter(({ durations }) => durations.values.length === 0)
  return {
    title: 'Guards, slowest first',
    head: ['guard', 'passed', 'failed', 'inconclusive', 'not run', 'median', 'last', 'longest', 'trend', ''],
    rows: [...bySlowness(guards), ...untimed].map((guard) => ({
      marked: guard.failed > 0,
      cells: [
        nameOf(guard),
        ...[guard.passed, guard.failed, guard.inconclusive, guard.notRun].map(String),
        ...timesOf(guard),
        { series: guard.durations },
        describePace(guard),
      ],
    })),
    notes: [],
  }
}

function timesOf({ durations }: ComparedGuard): string[] {
  if (durations.values.length === 0) return ['', '', '']
  return [durations.median, durations.last, durations.worst].map(formatMs)
}

function describePace({ durations: { trend } }: ComparedGuard): string {
  if (!trend || (trend.low <= 0 && trend.high >= 0)) return ''
  return `${trend.perStep > 0 ? 'slower' : 'faster'} by ${formatMs(Math.abs(trend.perStep))} a run`
}

function knownBadTable({ knownBad }: RunsReport): ReportTable {
  return {
    title: 'On known-bad builds, where red is right',
    head: ['build', 'guard', 'failed', 'passed', 'inconclusive', 'not run'],
    rows: knownBad.map((each) => ({
      cells: [each.build, nameOf(each), ...[each.failed, each.passed, each.inconclusive, each.notRun].map(String)],
    })),
    notes: [],
  }
}

function nameOf({ guard, ...where }: { guard: string; runtime: string; scale: Scale }): string {
  return `${guard}${placeOf(where)}`
}

/** " on docker at large scale"; nothing for what is usual. */
function placeOf({ runtime, scale }: { runtime: string; scale: Scale }): string {
  return `${runtime === 'process' ? '' : ` on ${runtime}`}${scale === 'gate' ? '' : ` at ${scale} scale`}`
}

/** "ca0f97b5", "ca0f97b5 and changes 1f0c", "unknown"; known-bad builds and builds from the environment by name. */
export function describeCode(code: CodeUnderTest | undefined): string {
  if (!code) return 'unknown'
  const { commit, dirty, changes, knownBad, builds = {} } = code
  const tree = commit === undefined ? 'unknown' : commit.slice(0, 8)
  const differs = dirty ? ` and changes${changes === undefined ? '' : ` ${changes.slice(0, 4)}`}` : ''
  const others = [knownBad, ...Object.values(builds)].filter((each) => each !== undefined)
  return [`${tree}${differs}`, ...others].join(', ')
}

function minuteOf(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
const widest = 24

/** A row of bars from the least value to the greatest; of many, the newest. All at half height where they are equal. */
export function sparkline({ values }: Series): string {
  const shown = values.slice(-widest)
  const [least, most] = [Math.min(...shown), Math.max(...shown)]
  const heightOf = (value: number) => (most === least ? 3 : Math.round(((value - least) / (most - least)) * 7))
  return shown.map((value) => bars[heightOf(value)]).join('')
}
