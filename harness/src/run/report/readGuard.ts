import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { messageOf } from '../../base/errors.ts'
import { lastSeenAtMs } from '../../history/operation.ts'
import { streamJournal } from '../../history/readJournal.ts'
import { againCommand } from '../againCommand.ts'
import { guarded, readJsonArtifact } from '../artifact.ts'
import { readFindings } from '../findings.ts'
import { logPathOf } from '../logPath.ts'
import { readRun } from '../runFolder.ts'
import type { GuardRecord, RunRecord, SavedGuard } from '../runRecord.ts'
import { OperationSummary } from './figures/operationFigures.ts'
import { LogMarks } from './logMarks.ts'
import { readCurve } from './readCurve.ts'
import type { MarkList, ReportData, ReportLife, ReportNode } from './reportData.ts'

/** Curves of all lives share so many points: beyond, neighbours are merged into the higher one. */
const curvePoints = 24_000
const leastCurvePoints = 100
const mostCurvePoints = 3_000
const mostFiles = 200

/**
 * What a guard's folder tells, or that of a run of an exploration. Never throws for what lies in it: whatever cannot be read is
 * named on the page instead.
 */
export function readGuardReport(folder: string): ReportData {
  const problems: string[] = []
  const read = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      problems.push(relativeTo(folder, messageOf(error)))
      return undefined
    }
  }
  const guard = read(() => guardAt(folder)) ?? emptyGuard(basename(folder))
  const { record, run } = read(() => recordOf(folder)) ?? {}
  const summary = new OperationSummary({ seed: guard.seed })
  let lastMs = Math.max(0, ...guard.faults.map(({ openedAtMs, healedAtMs }) => healedAtMs ?? openedAtMs))
  const history = join(folder, 'history.jsonl')
  if (existsSync(history) || guard.nodes.length > 0) {
    const complete = read(() =>
      streamJournal(history, {
        operation: (operation) => {
          lastMs = Math.max(lastMs, lastSeenAtMs(operation))
          summary.add(operation)
        },
        event: ({ atMs }) => {
          lastMs = Math.max(lastMs, atMs)
        },
      }),
    )
    if (complete === false)
      problems.push('history.jsonl has no end line: its runner was killed, and more may have happened.')
  }
  const marks = new LogMarks(guard.marks ?? [])
  const nodes = read(() => nodesOf(folder, guard, lastMs, marks, problems)) ?? []
  const isExploration = existsSync(join(folder, 'plan.json'))
  const seed = record?.seed ?? guard.seed ?? run?.seed
  const { findings, command } = isExploration
    ? { findings: read(() => readFindings(folder)), command: againCommand({ plan: folder }) }
    : {
        findings: undefined,
        command:
          record && againCommand({ id: record.id, seed, runtime: run?.runtime, scale: run?.scale, code: run?.code }),
      }
  const outcome = record?.outcome ?? (findings && (findings.length > 0 ? 'failed' : 'passed'))
  const message = record?.message ?? (findings?.map((each) => `${each.by}: ${each.message}`).join('\n') || undefined)
  return {
    title: record?.title ?? guard.title,
    ...(outcome === undefined ? {} : { outcome }),
    ...(message === undefined ? {} : { message }),
    seed,
    ...(command === undefined ? {} : { again: command }),
    ...(record === undefined ? {} : { durationMs: record.durationMs }),
    ...(run === undefined ? {} : { runtime: run.runtime, up: '../report.html' }),
    checks: guard.checks,
    readings: guard.readings ?? [],
    faults: guard.faults,
    nodes,
    operations: summary.figures(),
    marks: read(() => marks.list()) ?? noMarks,
    texts: read(() => textsIn(folder)) ?? [],
    files: read(() => filesIn(folder)) ?? [],
    problems: [...problems, ...marks.problems],
  }
}

const noMarks: MarkList = { shown: [], counts: {} }

function guardAt(folder: string): SavedGuard {
  const file = join(folder, 'guard.json')
  const guard = readJsonArtifact(file) as SavedGuard
  for (const name of ['checks', 'faults', 'nodes'] as const) {
    if (!Array.isArray(guard[name])) throw new Error(`${file} cannot be read: it has no list of ${name}.`)
  }
  return guard
}

function emptyGuard(title: string): SavedGuard {
  return { id: title, title, seed: 0, checks: [], faults: [], nodes: [] }
}

/** What the run above says of this folder; nothing where there is no such run, which is no error: a guard may have run alone. */
function recordOf(folder: string): { record?: GuardRecord; run?: RunRecord } {
  const above = dirname(folder)
  if (!existsSync(join(above, 'run.json'))) return {}
  const run = readRun(above)
  const record = run.guards.find((guard) => guard.folder !== undefined && basename(guard.folder) === basename(folder))
  return record === undefined ? {} : { run, record }
}

function nodesOf(folder: string, guard: SavedGuard, lastMs: number, marks: LogMarks, problems: string[]): ReportNode[] {
  const lives = guard.nodes.reduce((sum, { incarnations }) => sum + incarnations.length, 0)
  const most = Math.min(mostCurvePoints, Math.max(leastCurvePoints, Math.floor(curvePoints / Math.max(1, lives))))
  const trying = <T>(work: () => T, otherwise: T): T => {
    try {
      return work()
    } catch (error) {
      problems.push(relativeTo(folder, messageOf(error)))
      return otherwise
    }
  }
  return guard.nodes.map(({ name, incarnations }) => ({
    name,
    leads: incarnations.flatMap(({ incarnation, log, startedAtMs, exit }) =>
      trying(
        () =>
          marks.read({
            node: name,
            incarnation,
            path: logPathOf(folder, log),
            shownPath: log,
            startedAtMs,
            endedAtMs: exit?.atMs ?? Math.max(lastMs, startedAtMs),
          }),
        [],
      ),
    ),
    lives: incarnations.map((life): ReportLife => {
      const curve = (kind: 'memory' | 'handles') =>
        trying(() => readCurve(logPathOf(folder, life.log), kind, most), noCurve)
      return { ...life, memory: curve('memory'), handles: curve('handles') }
    }),
  }))
}

const noCurve = { atMs: [], values: [] }

/** The figures of loads, as the terminal shows them. */
function textsIn(folder: string): { name: string; text: string }[] {
  return globSync('load.*.txt', { cwd: folder })
    .sort()
    .map((name) => ({
      name,
      text: guarded(name, 'read', () => readFileSync(join(folder, name), 'utf8')).slice(0, 100_000),
    }))
}

function filesIn(folder: string): string[] {
  return globSync('{*,c*/*}.{json,jsonl,log,svg,txt}', { cwd: folder })
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .slice(0, mostFiles)
}

/** A page is sent to others: it names files from itself, not by where they lay on this machine. */
function relativeTo(folder: string, message: string): string {
  return message.replaceAll(`${folder}/`, '').replaceAll(`${relative(process.cwd(), folder)}/`, '')
}
