import type { History } from '../history/history.ts'
import { clockWentBack } from '../history/span.ts'
import { cameBack } from './cameBack.ts'
import { doubtsOfLives, type KeyLife, type Kinds, keyLives, mustBeAbsent } from './keyLives.ts'
import { finalReadings, nodesOf, ofTable, partsOf, type Scope, valuesByKey } from './reading.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export interface NeverResurrectsOptions extends Scope, Kinds {}

/**
 * A key whose last operation is an acknowledged delete is in no final reading. A key that an undecided write may still
 * bring back is not judged (see the witness keysNotJudged). A row that came back only for a while is refused as well, the
 * stricter choice: one node showed that it was gone, and later showed it again. It does not see a row that came back before
 * its key was written anew; keys that an operation of no known kind may have touched last make the verdict `unknown`.
 */
export function neverResurrects(history: History, options: NeverResurrectsOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const witness = { deletesAcknowledged: 0, keysDeleted: 0, keysNotJudged: 0, nodesRead: 0, rowsRead: 0 }
  const refutations: string[] = []
  const doubts: string[] = []
  const offenders: unknown[] = []

  for (const { table, part } of partsOf(history, options)) {
    const deleted: KeyLife[] = []
    const lives = keyLives(history.operations, table, options)
    doubts.push(...doubtsOfLives(lives.values(), ofTable(table)))
    for (const life of lives.values()) {
      const acknowledged = life.deletes.filter(({ operation }) => operation.outcome === 'ok').length
      witness.deletesAcknowledged += acknowledged
      if (mustBeAbsent(life)) deleted.push(life)
      else if (acknowledged > 0) witness.keysNotJudged++
    }
    if (deleted.length === 0) continue
    witness.keysDeleted += deleted.length
    const { readings, doubts: unread } = finalReadings(part, 'rows', nodes, table)
    doubts.push(...unread)
    const finals = new Set<string>()
    for (const reading of readings) {
      const rows = valuesByKey(reading)
      witness.nodesRead++
      witness.rowsRead += rows.size
      const there = deleted.filter(({ key }) => rows.has(key))
      const back = there.filter((each) => each.settledAtMs < reading.atMs).map(({ key }) => key)
      for (const key of back) finals.add(key)
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
    for (const { key, node, wasGone } of cameBack(part, deleted, table)) {
      if (finals.has(key)) continue
      if (wasGone) {
        refutations.push(`${node} showed deleted key ${key}${ofTable(table)} again for a while, after it was gone`)
        offenders.push({ fault: 'cameBack', node, ...(table === undefined ? {} : { table }), key })
      } else doubts.push(`${node} had acknowledged the delete of ${key}${ofTable(table)} and showed it once more`)
    }
  }
  const backwards = clockWentBack(history.operations)
  if (backwards !== undefined) {
    doubts.unshift(backwards)
    refutations.length = 0
    offenders.length = 0
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
