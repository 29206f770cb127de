import { HarnessError } from '../base/errors.ts'
import { formatBytes, formatCount, formatMs, MiB } from '../base/units.ts'
import type { History } from '../history/history.ts'
import { clockWentBack } from '../history/span.ts'
import type { Call } from './linearizable/call.ts'
import { absent, anything, contentOf, showContent } from './linearizable/content.ts'
import { type Outcome, type SearchBudget, searchAll } from './linearizable/dovetail.ts'
import { isModelName, type ModelName, models } from './linearizable/models.ts'
import { nameOf, type Partition, partitionsOf } from './linearizable/partitions.ts'
import type { Search } from './linearizable/search.ts'
import { smallestPrefix } from './linearizable/smallestPrefix.ts'
import { describeCall, describeCalls } from './linearizable/trace.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export interface LinearizableOptions {
  /** Without a model nothing can be said. */
  model?: ModelName
  /** Judge this table only. */
  table?: string
  /** Judge these keys only. */
  keys?: readonly string[]
  /** What every key held at first; nothing by default. */
  initial?: unknown
  /**
   * Nobody knows what the keys held at first. What only contradicts that they held `initial` (or nothing) is `unknown` then.
   */
  startIsUnknown?: boolean
  /** How long to search, ms of processor time; 60 000 by default. */
  timeBudgetMs?: number
  /** How much to remember of where the search has been, bytes; 512 MiB by default. */
  memoryBudgetBytes?: number
}

/** For making the failing prefix small once the history is refuted. */
const prefixBudgetMs = 20_000

const defaultBudget: SearchBudget = { timeMs: 60_000, bytes: 512 * MiB }

/**
 * There is one order of all operations on a key, each at some time between its start and its end, in which every answer
 * is right. What is undecided (`info`) may have happened at any time since its start, or never. A failed one shows the
 * smallest prefix of the history that has no order; `unknown` when the budget is spent, with how far the search came. What
 * the model does not know makes its keys `unknown`, unless they have no order however it went. Decimals are added exactly,
 * and an answer within a billionth of the sum is that sum. It does not see whether the rows of one operation change at one
 * moment, what localRead answers, and fields of a row that nobody wrote.
 */
export function linearizable(history: History, options: LinearizableOptions = {}): Verdict {
  const { model, table } = options
  const checker = 'linearizable'
  const claim =
    `operations${table === undefined ? '' : ` of table ${table}`} are linearizable` +
    (model === undefined ? '' : ` as ${model}`)
  const witness = { operationsAcknowledged: 0, operationsUndecided: 0, answersChecked: 0, keys: 0, configurations: 0 }
  if (model === undefined) {
    const doubts = [`no model was named; there are ${Object.keys(models).join(', ')}`]
    return conclude({ checker, claim, witness, refutations: [], doubts, upheld: '' })
  }
  if (!isModelName(model)) {
    throw new HarnessError('BAD_USAGE', `There is no model "${model}". There are: ${Object.keys(models).join(', ')}.`)
  }
  const start = contentOf(options.initial)
  const { partitions, doubts } = partitionsOf(history.operations, model, options, start)
  for (const { calls } of partitions) {
    witness.keys++
    for (const call of calls) {
      if (call.optional) witness.operationsUndecided++
      else witness.operationsAcknowledged++
      if (tells(call)) witness.answersChecked++
    }
  }
  const budget: SearchBudget = {
    timeMs: options.timeBudgetMs ?? defaultBudget.timeMs,
    bytes: options.memoryBudgetBytes ?? defaultBudget.bytes,
  }
  const unset = options.startIsUnknown ? searchAll(begunBy(partitions, { start: anything }), budget) : undefined
  const outcome = unset?.refuted ? unset : searchAll(partitions, budget)
  witness.configurations = outcome.configurations + (unset?.configurations ?? 0)
  if (outcome.open.length > 0) doubts.unshift(frontier(outcome, budget))
  if (witness.answersChecked === 0) doubts.unshift('no answer that could have been wrong was recorded')
  let refuted = outcome.refuted && refutation(outcome.refuted, model)
  const backwards = clockWentBack(history.operations)
  if (backwards !== undefined) {
    doubts.unshift(backwards)
    refuted = undefined
  } else if (refuted && unset && !unset.refuted && unset.open.length === 0) {
    const begun = start === absent ? 'nothing' : showContent(start)
    doubts.unshift(
      `only if every key held ${begun} at first is it wrong (say what they held by initial): ${refuted.sentence}`,
    )
    refuted = undefined
  } else if (refuted === undefined) doubts.push(...emptyAfterDelete(partitions, budget))
  return {
    ...conclude({
      checker,
      claim,
      witness,
      refutations: refuted ? [refuted.sentence] : [],
      doubts,
      upheld:
        `${counted(witness.operationsAcknowledged, 'acknowledged operation')} and ` +
        `${formatCount(witness.operationsUndecided)} undecided on ${counted(witness.keys, 'key')} have an order ` +
        `that makes all ${counted(witness.answersChecked, 'answer')} right`,
      ...(refuted ? { offenders: refuted.offenders } : {}),
    }),
    ...(refuted ? { trace: refuted.trace } : {}),
  }
}

function begunBy(partitions: readonly Partition[], by: Partial<Partition['beginning']>): Partition[] {
  return partitions.map((each) => ({ ...each, beginning: { ...each.beginning, ...by } }))
}

/** Whether a key was answered as the empty text that only a value which nobody put there explains. */
function emptyAfterDelete(partitions: readonly Partition[], budget: SearchBudget): string[] {
  const doubtful = partitions.filter(
    ({ calls }) => calls.some(({ answered }) => answered === 's') && calls.some(({ written }) => written === absent),
  )
  const { refuted } = searchAll(begunBy(doubtful, { emptyIsNothing: false }), budget)
  if (refuted === undefined) return []
  return [`${nameOf(refuted.partition)} was read as an empty text: nothing, or a value that had been deleted`]
}

/** Whether the call could refute anything: a blind write is always right. */
function tells({ optional, act, answered }: Call): boolean {
  return !optional && (act === 'read' || act === 'cas' || (act === 'add' && answered !== undefined))
}

function refutation({ partition }: NonNullable<Outcome['refuted']>, model: ModelName) {
  const { calls, last, held, smallest } = smallestPrefix(partition, prefixBudgetMs)
  const where = nameOf(partition)
  return {
    sentence:
      `the first ${formatCount(calls.length)} of ${counted(partition.calls.length, 'operation')} on ${where} have no order ` +
      `that ${model} allows: ${describeCall(last, calls)} cannot be right on ${where}, which held ${showContent(held)} before` +
      (smallest ? '' : '; the time to find a smaller prefix ran out'),
    /** The failing one last, whatever is cut off before it. */
    offenders: calls
      .filter((each) => each !== last)
      .slice(-99)
      .concat(last)
      .map(({ operation }) => operation),
    trace: describeCalls(calls, last),
  }
}

function frontier({ open, spent, steps, peakBytes }: Outcome, budget: SearchBudget): string {
  const bound = spent === 'memory' ? formatBytes(budget.bytes) : formatMs(budget.timeMs)
  const told = open.map(
    ({ partition, search }) =>
      `${nameOf(partition)} at ${formatCount(search.deepest)} of ${formatCount(search.calls.length)}`,
  )
  return (
    `the ${spent} budget of ${bound} was spent after ${formatCount(steps)} steps and ${formatBytes(peakBytes)}; ` +
    `the longest orders found: ${firstOf(told, 5)}; ${stuckAt(open.find(({ search }) => search.deepest > 0)?.search)}`
  )
}

function stuckAt(search: Search | undefined): string {
  const call = search?.stuckAt
  if (search === undefined || call === undefined) return 'no search had met an obstacle yet'
  return `no order yet found gets past ${describeCall(call, search.calls)}`
}
