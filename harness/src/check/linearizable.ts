import { HarnessError } from '../base/errors.ts'
import { formatBytes, formatCount, formatMs, MiB } from '../base/units.ts'
import type { History } from '../history/history.ts'
import { type Call, showContent } from './linearizable/call.ts'
import { type Outcome, type SearchBudget, searchAll } from './linearizable/dovetail.ts'
import { isModelName, type ModelName, models } from './linearizable/models.ts'
import { type Partition, partitionsOf } from './linearizable/partitions.ts'
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
  /** How long to search, ms; 60 000 by default. */
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
 * smallest prefix of the history that has no order; `unknown` when the budget is spent, with how far the search came.
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
  const { partitions, doubts } = partitionsOf(history.operations, model, options)
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
  const outcome = searchAll(partitions, budget)
  witness.configurations = outcome.configurations
  if (outcome.open.length > 0) doubts.unshift(frontier(outcome, budget))
  if (witness.answersChecked === 0) doubts.unshift('no answer that could have been wrong was recorded')
  const refuted = outcome.refuted && refutation(outcome.refuted, model)
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

/** Whether the call could refute anything: a blind write is always right. */
function tells({ optional, act, answered }: Call): boolean {
  return !optional && (act === 'read' || act === 'cas' || (act === 'add' && answered !== undefined))
}

function refutation({ partition }: NonNullable<Outcome['refuted']>, model: ModelName) {
  const { calls, last, held, smallest } = smallestPrefix(partition.calls, prefixBudgetMs)
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

function nameOf({ table, key }: Partition): string {
  if (key === undefined) return table === undefined ? 'the register' : table
  return table === undefined ? `key ${key}` : `${table}/${key}`
}
