import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { anything, count, fields, list, record, text, whole } from '../base/shape.ts'
import { judgeHistory } from '../check/checkers.ts'
import { type ModelName, modelFor } from '../check/linearizable/models.ts'
import type { Check } from '../check/named.ts'
import { checkNamed } from '../check/options.ts'
import type { Verdict } from '../check/verdict.ts'
import { History } from '../history/history.ts'
import { underWay } from '../history/operation.ts'
import { type HistoryFormat, readHistory } from '../history/readHistory.ts'
import { guarded, readJsonArtifact } from './artifact.ts'
import type { SavedCheck, SavedGuard } from './runRecord.ts'

export interface JudgedHistory {
  path: string
  format: HistoryFormat
  guard?: string
  operations: number
  /** False when the runner was killed: only refutations are believed then. */
  complete: boolean
  verdicts: Verdict[]
  /** The worst of them; `unknown` when the guard recorded no check. */
  verdict: Verdict['verdict']
  /** Checkers whose verdict is not the one saved with the run. */
  changed: string[]
  /** Of reading and judging. */
  durationMs: number
}

export interface Judgement {
  path: string
  histories: JudgedHistory[]
  /** The worst over all histories that have checks. */
  verdict: Verdict['verdict']
  /** Of all histories. */
  operations: number
  durationMs: number
}

/** What to judge by instead of the checks that were saved: any checkers, or linearizability by a model. */
export interface JudgedBy {
  checks?: readonly Check[]
  model?: ModelName
}

/**
 * Judges saved histories again: of a run's folder, of one guard's folder, or one history file. The checks are those that
 * guard.json beside the history names, unless told otherwise; a history of another tool is judged for linearizability,
 * by the model that its operations ask for. Touches neither network nor nodes. Throws ARTIFACT_UNREADABLE where something
 * is missing, HISTORY_CORRUPT with file and line.
 */
export function judgeRun(path: string, by: JudgedBy = {}): Judgement {
  const startedAt = performance.now()
  const histories = historiesAt(path).map((file) => judgeFile(file, by))
  const checked = histories.filter((each) => each.verdicts.length > 0)
  return {
    path,
    histories,
    verdict: worst(checked.map((each) => each.verdict)),
    operations: histories.reduce((sum, each) => sum + each.operations, 0),
    durationMs: performance.now() - startedAt,
  }
}

const historyName = 'history.jsonl'

function historiesAt(path: string): string[] {
  const isFolder = guarded(path, 'read', () => statSync(path).isDirectory())
  if (!isFolder) return [path]
  const own = join(path, historyName)
  if (existsSync(own)) return [own]
  if (existsSync(join(path, 'guard.json'))) throw missing(own)
  const folders = guarded(path, 'read', () => readdirSync(path, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name))
  for (const folder of folders) {
    if (existsSync(join(folder, 'guard.json')) && !existsSync(join(folder, historyName))) {
      throw missing(join(folder, historyName))
    }
  }
  const files = folders.map((folder) => join(folder, historyName)).filter((file) => existsSync(file))
  if (files.length > 0) return files.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  throw new HarnessError(
    'ARTIFACT_UNREADABLE',
    `${path} holds no ${historyName}, neither itself nor in its folders. Name a run, a guard's folder or a history.`,
  )
}

function missing(file: string): HarnessError {
  return new HarnessError('ARTIFACT_UNREADABLE', `${file} is missing, though guard.json beside it tells of it.`)
}

function judgeFile(file: string, { checks, model }: JudgedBy): JudgedHistory {
  const startedAt = performance.now()
  const { history, format } = readHistory(file)
  const given =
    checks ??
    (model !== undefined || format !== 'journal'
      ? [{ checker: 'linearizable', options: { model: model ?? modelFor(history.operations) } }]
      : undefined)
  const saved = given === undefined ? savedChecks(file, history.complete) : []
  const verdicts = given
    ? judgeHistory(history, given)
    : saved.flatMap((check) => judgeHistory(cut(history, check), [checkNamed(check.checker, check.options)]))
  const guard = history.header.guard ?? (format === 'journal' ? basename(dirname(file)) : basename(file))
  return {
    path: file,
    format,
    guard,
    operations: history.operations.length,
    complete: history.complete,
    verdicts,
    verdict: worst(verdicts.map((each) => each.verdict)),
    changed: saved.filter((check, at) => check.verdict !== verdicts[at]?.verdict).map((check) => check.checker),
    durationMs: performance.now() - startedAt,
  }
}

const savedShape = list(
  whole<SavedCheck>(
    fields(
      { checker: text() },
      {
        options: record(anything),
        upTo: fields({ operations: count, observations: count }, { underWay: list(count, { most: 10_000_000 }) }),
      },
    ),
  ),
)

/** A runner that was killed had no time to write guard.json: then there are no checks, and so no verdict. */
function savedChecks(file: string, complete: boolean): readonly SavedCheck[] {
  const path = join(dirname(file), 'guard.json')
  if (!complete && !existsSync(path)) return []
  const { checks } = readJsonArtifact(path) as Partial<SavedGuard>
  if (!Array.isArray(checks)) {
    throw new HarnessError('ARTIFACT_UNREADABLE', `${path} cannot be read: it has no list of checks.`)
  }
  return guarded(path, 'read', () => savedShape(checks, 'checks'))
}

/** What had been recorded when the check was made: a claim about the middle of a run is not judged by its end. */
function cut(history: History, { upTo }: SavedCheck): History {
  if (upTo === undefined) return history
  const pending = new Set(upTo.underWay)
  return new History({
    header: history.header,
    complete: history.complete,
    events: history.events,
    operations: history.operations
      .slice(0, upTo.operations)
      .map((each) => (pending.has(each.id) ? underWay(each) : each)),
    observations: history.observations.slice(0, upTo.observations),
  })
}

function worst(verdicts: readonly Verdict['verdict'][]): Verdict['verdict'] {
  if (verdicts.includes('invalid')) return 'invalid'
  return verdicts.length === 0 || verdicts.includes('unknown') ? 'unknown' : 'valid'
}
