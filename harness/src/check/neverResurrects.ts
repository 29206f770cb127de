import type { History } from '../history/history.ts'
import { type Kinds, keyLives, mustBeAbsent, settledAtMs } from './keyLives.ts'
import { finalReadings, nodesOf, ofTable, partsOf, type Scope, valuesByKey } from './reading.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export interface NeverResurrectsOptions extends Scope, Kinds {}

/**
 * A key whose last operation is an acknowledged delete is in no final reading. A key that an undecided write may still
 * bring back is not judged (see the witness keysNotJudged).
 */
export function neverResurrects(history: History, options: NeverResurrectsOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const witness = { deletesAcknowledged: 0, keysDeleted: 0, keysNotJudged: 0, nodesRead: 0, rowsRead: 0 }
  const refutations: string[] = []
  const doubts: string[] = []
  const offenders: unknown[] = []

  for (const { table, part } of partsOf(history, options)) {
    const deleted: { key: string; settledAtMs: number }[] = []
    for (const life of keyLives(part.operations, table, options).values()) {
      const acknowledged = life.deletes.filter((each) => each.outcome === 'ok').length
      witness.deletesAcknowledged += acknowledged
      if (mustBeAbsent(life)) deleted.push({ key: life.key, settledAtMs: settledAtMs(life) })
      else if (acknowledged > 0) witness.keysNotJudged++
    }
    if (deleted.length === 0) continue
    witness.keysDeleted += deleted.length
    const { readings, doubts: unread } = finalReadings(part, 'rows', nodes, table)
    doubts.push(...unread)
    for (const reading of readings) {
      const rows = valuesByKey(reading)
      witness.nodesRead++
      witness.rowsRead += rows.size
      const there = deleted.filter(({ key }) => rows.has(key))
      const back = there.filter((each) => each.settledAtMs <= reading.atMs).map(({ key }) => key)
      if (back.length > 0) {
        const keys = counted(back.length, 'deleted key', deleted.length)
        refutations.push(`${reading.node} still or again holds ${keys}${ofTable(table)} (${firstOf(back)})`)
        for (const key of back) {
          offenders.push({ fault: 'resurrected', node: reading.node, ...(table === undefined ? {} : { table }), key })
        }
      }
      if (there.length > back.length) {
        const keys = counted(there.length - back.length, 'delete')
        doubts.push(`${reading.node} was read before ${keys}${ofTable(table)} had been acknowledged`)
      }
    }
  }
  if (witness.keysDeleted === 0) doubts.unshift('no delete that had to last was acknowledged')
  else if (nodes.length === 0) doubts.unshift('no node was read')
  return conclude({
    checker: 'neverResurrects',
    claim: `a deleted row${ofTable(options.table)} stays deleted on ${options.nodes ? nodes.join(', ') : 'every node'}`,
    witness,
    refutations,
    doubts,
    upheld: `none of ${counted(witness.keysDeleted, 'deleted key')} was read on ${nodes.join(', ')}`,
    offenders,
  })
}
