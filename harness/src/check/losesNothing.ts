import type { History } from '../history/history.ts'
import type { Observation } from '../history/observation.ts'
import { type KeyLife, type Kinds, keyLives, mayBeLast, mustBePresent, settledAtMs, writeKinds } from './keyLives.ts'
import { finalReadings, nodesOf, ofTable, partsOf, type Scope, valuesByKey } from './reading.ts'
import { carries } from './sameValue.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export interface LosesNothingOptions extends Scope, Kinds {}

type Loss = 'lost' | 'stale' | 'altered'

const lossInWords: Record<Loss, string> = {
  lost: 'lacks',
  stale: 'holds an older value of',
  altered: 'holds a value nobody wrote for',
}

/**
 * Every acknowledged row is in the final reading of every node, with a value that may have been written last, unless it
 * may have been deleted since. Rows read without a value are judged by key alone (see the witness valuesCompared).
 */
export function losesNothing(history: History, options: LosesNothingOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const writes = new Set(options.kinds ?? writeKinds)
  const witness = { operationsAcknowledged: 0, keysRequired: 0, nodesRead: 0, rowsRead: 0, valuesCompared: 0 }
  const refutations: string[] = []
  const doubts: string[] = []
  const offenders: unknown[] = []

  for (const { table, part } of partsOf(history, options)) {
    const required = [...keyLives(part.operations, table, options).values()].filter(mustBePresent)
    if (required.length === 0) continue
    witness.operationsAcknowledged += part.operations.filter(
      (each) => each.outcome === 'ok' && writes.has(each.kind),
    ).length
    witness.keysRequired += required.length
    const { readings, doubts: unread } = finalReadings(part, 'rows', nodes, table)
    doubts.push(...unread)
    const seen = readings.map((reading) => ({ reading, rows: valuesByKey(reading) }))
    for (const { reading, rows } of seen) {
      witness.nodesRead++
      witness.rowsRead += rows.size
      const losses: Record<Loss, string[]> = { lost: [], stale: [], altered: [] }
      let tooEarly = 0
      let onNoNode = 0
      for (const life of required) {
        const value = rows.get(life.key)
        if (value !== undefined) witness.valuesCompared++
        const loss = lossOf(life, rows.has(life.key), value)
        if (loss === undefined) continue
        if (settledAtMs(life) > reading.atMs) {
          tooEarly++
          continue
        }
        losses[loss].push(life.key)
        if (loss === 'lost' && !seen.some((other) => other.rows.has(life.key))) onNoNode++
        offenders.push({ fault: loss, node: reading.node, ...(table === undefined ? {} : { table }), key: life.key })
      }
      refutations.push(...sentences(reading, losses, onNoNode, required.length, table))
      if (tooEarly > 0) {
        doubts.push(
          `${reading.node} was read before ${counted(tooEarly, 'row')}${ofTable(table)} that it lacks had been acknowledged`,
        )
      }
    }
  }
  if (witness.keysRequired === 0) doubts.unshift('no write that had to survive was acknowledged')
  else if (nodes.length === 0) doubts.unshift('no node was read')
  return conclude({
    checker: 'losesNothing',
    claim: `every acknowledged row${ofTable(options.table)} is held by ${options.nodes ? nodes.join(', ') : 'every node'}`,
    witness,
    refutations,
    doubts,
    upheld: `all ${counted(witness.keysRequired, 'acknowledged row')} were read back on ${nodes.join(', ')}`,
    offenders,
  })
}

function lossOf(life: KeyLife, there: boolean, value: unknown): Loss | undefined {
  if (!there) return 'lost'
  if (value === undefined) return undefined
  let written = false
  for (const write of life.writes) {
    if (write.value !== undefined && !carries(value, write.value)) continue
    if (mayBeLast(life, write.operation)) return undefined
    written = true
  }
  return written ? 'stale' : 'altered'
}

function sentences(
  reading: Observation,
  losses: Record<Loss, string[]>,
  onNoNode: number,
  required: number,
  table: string | undefined,
): string[] {
  return (Object.keys(losses) as Loss[])
    .filter((loss) => losses[loss].length > 0)
    .map((loss) => {
      const keys = losses[loss]
      const rows = counted(keys.length, 'acknowledged row', required)
      const nowhere = loss === 'lost' && onNoNode > 0 ? `, ${onNoNode} of them on no node` : ''
      return `${reading.node} ${lossInWords[loss]} ${rows}${ofTable(table)} (${firstOf(keys)}${nowhere})`
    })
}
