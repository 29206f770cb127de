import type { History } from '../history/history.ts'
import type { Observation } from '../history/observation.ts'
import { type KeyLife, type Kinds, keyLives, mayBeLast, mustBePresent, settledAtMs, writeKinds } from './keyLives.ts'
import { finalReadings, nodesOf, ofTable, partsOf, rowsRead, type Scope, valuesByKey } from './reading.ts'
import { carries } from './sameValue.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export interface LosesNothingOptions extends Scope, Kinds {}

/** What became of a row on a node. What is lost was there in some reading of some node; the mildest comes first. */
type Loss = 'stale' | 'altered' | 'lost' | 'neverRead'

const lossInWords: Record<Loss, string> = {
  stale: 'holds an older value of',
  altered: 'holds a value nobody wrote for',
  lost: 'lacks',
  neverRead: 'lacks',
}

const losses = Object.keys(lossInWords) as Loss[]

/**
 * Every acknowledged row is in the final reading of every node, with a value that may have been written last, unless it
 * may have been deleted since. Rows read without a value are judged by key alone (see the witness valuesCompared). The
 * witness counts the rows that are ok on every node that was read, and the others by the worst that became of them.
 */
export function losesNothing(history: History, options: LosesNothingOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const writes = new Set(options.kinds ?? writeKinds)
  const witness = {
    ...{ operationsAcknowledged: 0, keysRequired: 0, nodesRead: 0, rowsRead: 0, valuesCompared: 0 },
    ...{ keysOk: 0, keysStale: 0, keysAltered: 0, keysLost: 0, keysNeverRead: 0 },
  }
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
    const everRead = keysEverRead(part)
    const worst = new Map<string, Loss | 'undecided'>()
    for (const reading of readings) {
      const rows = valuesByKey(reading)
      witness.nodesRead++
      witness.rowsRead += rows.size
      const found: Record<Loss, string[]> = { stale: [], altered: [], lost: [], neverRead: [] }
      let tooEarly = 0
      for (const life of required) {
        const value = rows.get(life.key)
        if (value !== undefined) witness.valuesCompared++
        const loss = lossOf(life, rows.has(life.key), value, everRead)
        if (loss === undefined) continue
        const before = worst.get(life.key)
        if (settledAtMs(life) > reading.atMs) {
          tooEarly++
          if (before === undefined) worst.set(life.key, 'undecided')
          continue
        }
        if (before === undefined || before === 'undecided' || losses.indexOf(loss) > losses.indexOf(before)) {
          worst.set(life.key, loss)
        }
        found[loss].push(life.key)
        offenders.push({ fault: loss, node: reading.node, ...(table === undefined ? {} : { table }), key: life.key })
      }
      refutations.push(...sentences(reading, found, required.length, table))
      if (tooEarly > 0) {
        doubts.push(
          `${reading.node} was read before ${counted(tooEarly, 'row')}${ofTable(table)} that it lacks had been acknowledged`,
        )
      }
    }
    if (readings.length === 0) continue
    const became = Object.groupBy(worst.values(), (each) => each)
    witness.keysOk += required.length - worst.size
    witness.keysStale += became.stale?.length ?? 0
    witness.keysAltered += became.altered?.length ?? 0
    witness.keysLost += became.lost?.length ?? 0
    witness.keysNeverRead += became.neverRead?.length ?? 0
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

/** Every key that any reading of any node ever showed, or a client read. */
function keysEverRead(part: History): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const each of part.observations) {
    if (each.what === 'rows') for (const { key } of rowsRead(each)) keys.add(key)
  }
  for (const { kind, outcome, key, result } of part.operations) {
    if (kind === 'read' && outcome === 'ok' && key !== undefined && result !== undefined && result !== null)
      keys.add(key)
  }
  return keys
}

function lossOf(life: KeyLife, there: boolean, value: unknown, everRead: ReadonlySet<string>): Loss | undefined {
  if (!there) return everRead.has(life.key) ? 'lost' : 'neverRead'
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
  found: Record<Loss, string[]>,
  required: number,
  table: string | undefined,
): string[] {
  return losses
    .filter((loss) => found[loss].length > 0)
    .map((loss) => {
      const rows = counted(found[loss].length, 'acknowledged row', required)
      return `${reading.node} ${lossInWords[loss]} ${rows}${ofTable(table)} (${firstOf(found[loss])}${loss === 'neverRead' ? ', never read on any node' : ''})`
    })
}
