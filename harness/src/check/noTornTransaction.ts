import type { History } from '../history/history.ts'
import { keyName } from '../history/keyName.ts'
import { type Observation, seenUntilMs } from '../history/observation.ts'
import { kindOf, writesRows } from '../history/operationKinds.ts'
import { ofTable, type Scope } from './reading.ts'
import { TransactionsWritten, transactionOf } from './transactionsWritten.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'
import { contentName } from './writtenElements.ts'

export interface NoTornTransactionOptions extends Scope {
  /** Kinds of operation that write rows, beside those that are known to. */
  kinds?: readonly string[]
}

/**
 * In every reading, intermediate ones too, each transaction shows all of its rows or none, and one that failed shows none.
 * Its rows carry `{ transaction: id, size: n }` in their value and lie in one table. A reading must be one snapshot: a list
 * fetched page by page looks torn without being so.
 *
 * Does not see transactions whose rows do not say so, nor those over several tables; a row that something else may have
 * overwritten or deleted leaves its transaction unknown.
 */
export function noTornTransaction(history: History, options: NoTornTransactionOptions = {}): Verdict {
  const inScope = (each: { table?: string }) => options.table === undefined || each.table === options.table
  const witness = { operationsAcknowledged: 0, readings: 0, transactionsSeen: 0, rowsRead: 0 }
  const torn = new Map<string, string>()
  const unsure = new Map<string, string>()
  const sizes = new Map<string, number>()
  const seen = new Set<string>()
  const offenders: unknown[] = []

  const { operations } = options.table === undefined ? history : history.of(options.table)
  witness.operationsAcknowledged = operations.filter(
    ({ outcome, kind }) =>
      outcome === 'ok' && (writesRows(kind) || kindOf(kind).isTransaction || options.kinds?.includes(kind)),
  ).length
  const written = new TransactionsWritten(history.operations)
  for (const reading of history.observations) {
    if (!inScope(reading) || (options.nodes && !options.nodes.includes(reading.node))) continue
    if (reading.what !== 'rows' && reading.what !== 'transactions') continue
    witness.readings++
    const { node, atMs, table } = reading
    for (const [name, { shown, rows, sizes: told, keys }] of transactionsIn(reading)) {
      witness.rowsRead += rows
      if (rows === 0) continue
      const [size = 0] = told
      const own = written.named(name)
      if (size > 1 || own?.aborted) seen.add(name)
      const offend = (fault: string, words: string) => {
        if (!torn.has(name)) torn.set(name, `${shown} ${words} on ${node}`)
        offenders.push({ fault, transaction: shown, node, atMs, rows, size })
      }
      if (own?.aborted) {
        offend('aborted', `with ${counted(rows, 'row')}, though it failed,`)
        continue
      }
      if (told.size > 1) {
        offend('sizes', `with rows of sizes ${[...told].sort((a, b) => a - b).join(' and ')}`)
        continue
      }
      const before = sizes.get(name)
      if (before !== undefined && before !== size) unsure.set(name, `${shown} has size ${before} and size ${size}`)
      sizes.set(name, size)
      if (rows === size) continue
      if (own && own.tables.size > 1) unsure.set(name, `${shown} lies in several tables`)
      else if (rows < size && written.mayLack(name, keys, table, seenUntilMs(reading))) {
        unsure.set(name, `something else may have taken rows of ${shown}`)
      } else offend('torn', `with ${rows} of ${counted(size, 'row')}`)
    }
  }
  witness.transactionsSeen = seen.size
  const doubts: string[] = []
  if (witness.operationsAcknowledged === 0) doubts.push('no transaction was acknowledged')
  if (witness.readings === 0) doubts.push('nothing was read')
  else if (seen.size === 0) doubts.push('no reading shows a transaction of more than one row')
  if (unsure.size > 0)
    doubts.push(`${counted(unsure.size, 'transaction')} cannot be judged: ${firstOf([...unsure.values()])}`)
  return conclude({
    checker: 'noTornTransaction',
    claim: `every reading${ofTable(options.table)} shows each transaction whole or not at all`,
    witness,
    refutations: torn.size > 0 ? [`${counted(torn.size, 'torn transaction')}: ${firstOf([...torn.values()])}`] : [],
    doubts,
    upheld: `${counted(seen.size, 'transaction')} in ${counted(witness.readings, 'reading')}, each whole`,
    offenders,
  })
}

interface Shown {
  shown: string
  rows: number
  sizes: Set<number>
  keys: Set<string>
}

function transactionsIn(reading: Observation): Map<string, Shown> {
  const transactions = new Map<string, Shown>()
  if (reading.what === 'transactions') {
    for (const [shown, told] of Object.entries(reading.value ?? {})) {
      const { rows, size } = (told ?? {}) as { rows?: unknown; size?: unknown }
      const [shownRows, wholeSize] = [countIn(rows), countIn(size)]
      if (shownRows === undefined || wholeSize === undefined) continue
      transactions.set(contentName(shown), { shown, rows: shownRows, sizes: new Set([wholeSize]), keys: new Set() })
    }
    return transactions
  }
  for (const row of Array.isArray(reading.value) ? (reading.value as unknown[]) : []) {
    if (row === null || typeof row !== 'object' || !('key' in row) || !('value' in row)) continue
    const key = keyName(row.key)
    const told = transactionOf(row.value)
    const size = told && countIn(told.size)
    if (key === undefined || told === undefined || size === undefined) continue
    const known = transactions.get(told.name) ?? { shown: told.shown, rows: 0, sizes: new Set(), keys: new Set() }
    transactions.set(told.name, known)
    known.keys.add(key)
    known.sizes.add(size)
    known.rows = known.keys.size
  }
  return transactions
}

/** A number of rows, as a number or as its text. */
function countIn(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? count : undefined
}
