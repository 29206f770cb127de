import { canonical } from '../history/ednValue.ts'
import { formOf, subtracts } from '../history/foreignForm.ts'
import type { ForeignHistory } from '../history/foreignHistory.ts'
import { History } from '../history/history.ts'
import type { Operation } from '../history/operation.ts'
import { type ModelName, modelFor } from './linearizable/models.ts'
import { linearizable } from './linearizable.ts'
import { conclude, firstOf, type Verdict } from './verdict.ts'

export interface ForeignJudgedBy {
  model?: ModelName
  /** What every key held before the history began; left out: nothing, or 0 in a counter. Null: nothing. */
  initial?: unknown
}

/**
 * Judges a history of another tool for linearizability, by the model that its operations ask for. What the history does not tell
 * is never held against it: `unknown` for a form that no model knows, where two ways of reading it disagree, and where only
 * its first reads are wrong because nobody told what the system held before.
 */
export function judgeForeign({ history, asKeyed }: ForeignHistory, by: ForeignJudgedBy): Verdict {
  const verdict = judgeAsRead(history, by)
  if (asKeyed === undefined || verdict.verdict === 'unknown') return verdict
  const keyed = judgeAsRead(asKeyed, by)
  if (keyed.verdict === verdict.verdict) return verdict
  return doubtful(
    verdict,
    `each value may be one value or Jepsen's [key value]: as values the history is ${verdict.verdict}, as keys it is ` +
      `${keyed.verdict}. Say which with --no-keyed or --keyed`,
  )
}

function judgeAsRead(history: History, { model, initial }: ForeignJudgedBy): Verdict {
  const form = formOf(history.operations)
  if (form.told !== undefined) return ofUnknownForm(history, form.told)
  const isCounter = form.name === 'counter'
  const read = isCounter ? asCounter(history) : history
  const options = { model: model ?? (isCounter ? 'kv' : modelFor(read.operations)) }
  const start = initial === undefined && isCounter ? 0 : initial
  const verdict = linearizable(read, { ...options, initial: start })
  if (verdict.verdict !== 'invalid' || initial !== undefined) return verdict
  const starts = startsThatExplain(read, start, options.model)
  if (starts === undefined) return verdict
  return doubtful(
    verdict,
    `only reads before the first write are wrong, and the history does not tell what was there before it. With ` +
      `${starts.map((each) => `--initial ${shown(each)}`).join(' or ')} they would be right. Say what it began with: --initial nil for nothing`,
  )
}

function ofUnknownForm({ operations }: History, told: string): Verdict {
  const count = (outcome: string) => operations.filter((each) => each.outcome === outcome).length
  return conclude({
    checker: 'linearizable',
    claim: 'operations are linearizable',
    witness: { operationsAcknowledged: count('ok'), operationsUndecided: count('info'), answersChecked: 0 },
    refutations: [],
    doubts: [`this is a history of ${told}, for which there is no model yet: it is read, and not judged`],
    upheld: '',
  })
}

function doubtful({ checker, claim, witness }: Verdict, doubt: string): Verdict {
  return conclude({ checker, claim, witness, refutations: [], doubts: [doubt], upheld: '' })
}

/** A counter that is not there holds 0. What it is told to do has many names. */
function asCounter(history: History): History {
  const operations = history.operations.map((each): Operation => {
    if (each.kind === 'read' || each.kind === 'get') {
      return each.outcome === 'ok' && each.result === undefined ? { ...each, result: 0 } : each
    }
    const value = subtracts(each.kind) ? negative(each.value ?? 1) : each.value
    return { ...each, kind: 'add', ...(value === undefined ? {} : { value }) }
  })
  return new History({ operations, events: history.events })
}

function negative(amount: unknown): unknown {
  return typeof amount === 'number' ? -amount : String(amount).replace(/^(-?)/, (sign) => (sign === '' ? '-' : ''))
}

/** Tries of other beginnings for one key: the reads before its first write tell them, and those are few. */
const mostStarts = 8

/**
 * The values that the keys must have begun with to make the history right; undefined if no such values do. Keys are judged one by
 * one, as each may have begun with something else.
 */
function startsThatExplain(history: History, start: unknown, model: ModelName): unknown[] | undefined {
  const keyless = history.operations.filter((each) => each.key === undefined)
  const byKey = Map.groupBy(
    history.operations.filter((each) => each.key !== undefined),
    ({ table, key }) => canonical([table, key]),
  )
  const parts = byKey.size === 0 ? [keyless] : [...byKey.values()].map((own) => [...keyless, ...own])
  const starts = new Map<string, unknown>()
  for (const operations of parts) {
    const part = new History({ operations: operations.toSorted((a, b) => a.startedAtMs - b.startedAtMs) })
    const isRight = (initial: unknown) => linearizable(part, { model, initial }).verdict !== 'invalid'
    if (isRight(start)) continue
    const other = startsSeenIn(part.operations).slice(0, mostStarts).find(isRight)
    if (other === undefined) return undefined
    starts.set(canonical(other), other)
  }
  return starts.size === 0 ? undefined : [...starts.values()].slice(0, 3)
}

/** What was met before the first change was over. */
function startsSeenIn(operations: readonly Operation[]): unknown[] {
  const changes = operations.filter(({ kind, outcome }) => outcome === 'ok' && kind !== 'read' && kind !== 'get')
  const firstEndMs = changes.reduce((least, { endedAtMs }) => Math.min(least, endedAtMs), Number.POSITIVE_INFINITY)
  const seen = operations
    .filter(({ startedAtMs, outcome }) => outcome === 'ok' && startedAtMs <= firstEndMs)
    .map(({ kind, value, result }) =>
      kind === 'cas' && Array.isArray(value) && result !== false ? (value[0] as unknown) : result,
    )
    .filter((each) => each !== undefined && each !== null && each !== false)
  return [...new Map(seen.map((each) => [canonical(each), each])).values()]
}

function shown(value: unknown): string {
  return firstOf([`'${canonical(value).slice(0, 60)}'`]).replace(/^'([\w.:-]+)'$/, '$1')
}
