import type { History } from '../history/history.ts'
import type { Observation } from '../history/observation.ts'
import { writeKinds } from './keyLives.ts'
import { ofTable, rowsRead, type Scope } from './reading.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export interface NoTornTransactionOptions extends Scope {
  kinds?: readonly string[]
}

/**
 * In every reading, intermediate ones too, each transaction shows all of its rows or none. Its rows carry
 * `{ transaction: id, size: n }` in their value and lie in one table. A reading must be one snapshot: a list fetched
 * page by page looks torn without being so. Rows that are overwritten or deleted later do not fit this checker.
 */
export function noTornTransaction(history: History, options: NoTornTransactionOptions = {}): Verdict {
  const writes = new Set(options.kinds ?? writeKinds)
  const inScope = (each: { table?: string }) => options.table === undefined || each.table === options.table
  const witness = { operationsAcknowledged: 0, readings: 0, transactionsSeen: 0, rowsRead: 0 }
  const torn = new Map<string, { seen: string; readings: number }>()
  const seen = new Set<string>()
  const offenders: unknown[] = []

  const { operations } = options.table === undefined ? history : history.of(options.table)
  witness.operationsAcknowledged = operations.filter((each) => each.outcome === 'ok' && writes.has(each.kind)).length
  for (const reading of history.observations) {
    if (!inScope(reading) || (options.nodes && !options.nodes.includes(reading.node))) continue
    if (reading.what !== 'rows' && reading.what !== 'transactions') continue
    witness.readings++
    for (const [transaction, { rows, size }] of transactionsIn(reading)) {
      witness.rowsRead += rows
      if (size > 1) seen.add(transaction)
      if (rows === size) continue
      const known = torn.get(transaction)
      if (known) known.readings++
      else torn.set(transaction, { seen: `${rows} of ${counted(size, 'row')} on ${reading.node}`, readings: 1 })
      offenders.push({ fault: 'torn', transaction, node: reading.node, atMs: reading.atMs, rows, size })
    }
  }
  witness.transactionsSeen = seen.size
  const doubts: string[] = []
  if (witness.operationsAcknowledged === 0) doubts.push('no transaction was acknowledged')
  if (witness.readings === 0) doubts.push('nothing was read')
  else if (seen.size === 0) doubts.push('no reading shows a transaction of more than one row')
  const told = [...torn].map(([transaction, { seen }]) => `${transaction} with ${seen}`)
  return conclude({
    checker: 'noTornTransaction',
    claim: `every reading${ofTable(options.table)} shows each transaction whole or not at all`,
    witness,
    refutations: torn.size > 0 ? [`${counted(torn.size, 'torn transaction')}: ${firstOf(told)}`] : [],
    doubts,
    upheld: `${counted(seen.size, 'transaction')} in ${counted(witness.readings, 'reading')}, each whole`,
    offenders,
  })
}

function transactionsIn(reading: Observation): Iterable<[string, { rows: number; size: number }]> {
  if (reading.what === 'transactions') {
    return Object.entries(reading.value ?? {}).filter(
      (entry): entry is [string, { rows: number; size: number }] =>
        typeof entry[1]?.rows === 'number' && typeof entry[1].size === 'number',
    )
  }
  const transactions = new Map<string, { rows: number; size: number; keys: Set<string> }>()
  for (const { key, value } of rowsRead(reading)) {
    if (value === null || typeof value !== 'object') continue
    const { transaction, size } = value as { transaction?: unknown; size?: unknown }
    if (transaction === undefined || typeof size !== 'number') continue
    const id = String(transaction)
    let known = transactions.get(id)
    if (known === undefined) {
      known = { rows: 0, size, keys: new Set() }
      transactions.set(id, known)
    }
    known.keys.add(key)
    known.rows = known.keys.size
  }
  return transactions
}
