import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { anything, count, fields, list, record, text, whole } from '../base/shape.ts'
import { judgeHistory } from '../check/checkers.ts'
import { judgeForeign } from '../check/judgeForeign.ts'
import type { ModelName } from '../check/linearizable/models.ts'
import type { Check } from '../check/named.ts'
import { checkNamed, readsNodes } from '../check/options.ts'
import type { Verdict } from '../check/verdict.ts'
import { History } from '../history/history.ts'
import { underWay } from '../history/operation.ts'
import { type HistoryFormat, type ReadHistory, readHistory } from '../history/readHistory.ts'
import { guarded, readJsonArtifact } from './artifact.ts'
import { historiesAt } from './historiesAt.ts'
import type { SavedCheck, SavedGuard } from './runRecord.ts'

export interface JudgedHistory {
  path: string
  format: HistoryFormat
  guard?: string
  operations: number
  /** False when the runner was killed: only refutations are believed then. */
  complete: boolean
  /** Of a history of another tool: what was taken for what, in sentences. Of a journal: that it has no end. */
  notes: string[]
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
  /** What every key held before the history began, for linearizability. Null: nothing. */
  initial?: unknown
  /** Of histories of other tools: whether each value is Jepsen's [key value]. Left out: as its shape tells. */
  keyed?: boolean
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

function judgeFile(file: string, by: JudgedBy): JudgedHistory {
  const startedAt = performance.now()
  const read = readHistory(file, by.keyed === undefined ? {} : { keyed: by.keyed })
  const { history, format, notes } = read
  if (format === 'journal') refuseForeignOptions(file, by)
  else refuseTimes(file, by)
  const verdicts = givenVerdicts(read, by, file)
  const saved = verdicts === undefined ? savedChecks(file, history.complete) : []
  const ownNotes = history.complete ? [] : [endless(verdicts ?? saved)]
  const guard = history.header.guard ?? (format === 'journal' ? basename(dirname(file)) : basename(file))
  return {
    path: file,
    format,
    guard,
    operations: history.operations.length,
    complete: history.complete,
    notes: [...notes, ...ownNotes],
    ...judgedBy(history, verdicts, saved),
    durationMs: performance.now() - startedAt,
  }
}

function endless(checks: readonly unknown[]): string {
  const sentence = 'the history has no end, as of a runner that was killed: only refutations are believed'
  return checks.length > 0 ? sentence : `${sentence}; no checks are saved with it, so name one by --checker`
}

/** The verdicts that were asked for; undefined where the checks that were saved are to judge. */
function givenVerdicts(read: ReadHistory, by: JudgedBy, file: string): Verdict[] | undefined {
  const { history, format } = read
  const { checks, model, initial } = by
  if (checks && read.asKeyed !== undefined) {
    throw new HarnessError(
      'BAD_USAGE',
      `Each value of ${file} may be one value or Jepsen's [key value]: say which by --no-keyed or --keyed.`,
    )
  }
  if (checks) return judgeHistory(history, format === 'journal' ? onNodesOf(file, checks) : checks)
  if (format !== 'journal') return [judgeForeign(read, { ...(model ? { model } : {}), initial })]
  return model && judgeHistory(history, [{ checker: 'linearizable', options: { model, initial } }])
}

function judgedBy(history: History, given: Verdict[] | undefined, saved: readonly SavedCheck[]) {
  const verdicts =
    given ?? saved.flatMap((check) => judgeHistory(cut(history, check), [checkNamed(check.checker, check.options)]))
  return {
    verdicts,
    verdict: worst(verdicts.map((each) => each.verdict)),
    changed: saved.filter((check, at) => check.verdict !== verdicts[at]?.verdict).map((check) => check.checker),
  }
}

/** Every node is each node of the guard, also one that the history does not name. */
function onNodesOf(file: string, checks: readonly Check[]): Check[] {
  const path = join(dirname(file), 'guard.json')
  if (!existsSync(path)) return [...checks]
  const { nodes } = readJsonArtifact(path) as Partial<SavedGuard>
  const names = (Array.isArray(nodes) ? nodes : []).map((each) => each?.name).filter((name) => typeof name === 'string')
  return checks.map(({ checker, options }) => {
    const own = names.length > 0 && readsNodes(checker) ? { nodes: names } : {}
    return checkNamed(checker, { ...own, ...options })
  })
}

function refuseTimes(file: string, { checks = [] }: JudgedBy): void {
  const timed = checks.find(({ checker }) => checker === 'staleness' || checker === 'availability')
  if (timed === undefined) return
  throw new HarnessError(
    'BAD_USAGE',
    `${timed.checker} judges times, and ${file} is of another tool: there the order of events is known, and not their times.`,
  )
}

function refuseForeignOptions(file: string, { keyed, initial, model }: JudgedBy): void {
  if (keyed !== undefined) {
    throw new HarnessError(
      'BAD_USAGE',
      `${file} is a journal of Breakwater, where each operation names its key: --keyed and --no-keyed are for other tools.`,
    )
  }
  if (initial !== undefined && model === undefined) {
    throw new HarnessError(
      'BAD_USAGE',
      `${file} is judged by the checks saved with it, which know of no --initial; it goes with --model.`,
    )
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
