import type { History } from '../history/history.ts'
import type { Observation } from '../history/observation.ts'
import { kindOf, onlyReads } from '../history/operationKinds.ts'
import { clockWentBack } from '../history/span.ts'
import {
  doubtsOfLives,
  hasToLast,
  type KeyLife,
  type Kinds,
  keyLives,
  mayBeLast,
  mustBePresent,
  type Write,
} from './keyLives.ts'
import { finalReadings, nodesOf, ofTable, partsOf, rowsRead, type Scope, valuesOfKeys } from './reading.ts'
import { carries, sameValue } from './sameValue.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'
import { workedValue } from './workedValue.ts'

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
 * witness counts the rows that are ok on every node that was read, and the others by the worst that became of them. A row
 * that is exactly an older one is that, even if it also has all fields of the newer one: the stricter choice. It does not
 * see a row that was lost only for a while. A row that was appended or added to must hold what some order of its operations makes;
 * where that cannot be worked out, as with fields of a row, and where an operation of no known kind may have touched the key
 * last, the verdict is `unknown`.
 */
export function losesNothing(history: History, options: LosesNothingOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const witness = {
    ...{ operationsAcknowledged: 0, keysRequired: 0, nodesRead: 0, rowsRead: 0, valuesCompared: 0 },
    ...{ keysOk: 0, keysStale: 0, keysAltered: 0, keysLost: 0, keysNeverRead: 0 },
  }
  const refutations: string[] = []
  const doubts: string[] = []
  const offenders: unknown[] = []

  for (const { table, part } of partsOf(history, options)) {
    const lives = keyLives(history.operations, table, options)
    const required = [...lives.values()].filter(mustBePresent)
    doubts.push(...doubtsOfLives(lives.values(), ofTable(table)))
    if (required.length === 0) continue
    witness.operationsAcknowledged += part.operations.filter(
      (each) => each.outcome === 'ok' && hasToLast(each.kind, options),
    ).length
    witness.keysRequired += required.length
    const { readings, doubts: unread } = finalReadings(part, 'rows', nodes, table)
    doubts.push(...unread)
    const everRead = keysEverRead(part)
    const worst = new Map<string, Loss | 'undecided'>()
    const unsure = new Set<string>()
    for (const reading of readings) {
      const rows = valuesOfKeys(reading)
      witness.nodesRead++
      witness.rowsRead += rows.size
      const found: Record<Loss, string[]> = { stale: [], altered: [], lost: [], neverRead: [] }
      let tooEarly = 0
      for (const life of required) {
        const row = rows.get(life.key)
        if (row?.mayBeTwo) {
          unsure.add(`${life.key} is listed both as a text and as a number`)
          continue
        }
        const values = row?.values.filter((value) => value !== undefined) ?? []
        if (values.length > 0) witness.valuesCompared++
        if (values.some((value) => isUnsure(life, value))) unsure.add(`nobody knows what ${life.key} must hold`)
        const loss = lossOf(life, row !== undefined, values, everRead)
        if (loss === undefined) continue
        const before = worst.get(life.key)
        if (!(life.settledAtMs < reading.atMs)) {
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
    if (unsure.size > 0)
      doubts.push(`${counted(unsure.size, 'row')}${ofTable(table)} not judged whole (${firstOf([...unsure])})`)
    if (readings.length === 0) continue
    const became = Object.groupBy(worst.values(), (each) => each)
    witness.keysOk += required.length - worst.size
    witness.keysStale += became.stale?.length ?? 0
    witness.keysAltered += became.altered?.length ?? 0
    witness.keysLost += became.lost?.length ?? 0
    witness.keysNeverRead += became.neverRead?.length ?? 0
  }
  const backwards = clockWentBack(history.operations)
  if (backwards !== undefined) {
    doubts.unshift(backwards)
    refutations.length = 0
    offenders.length = 0
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
    if (onlyReads(kind) && outcome === 'ok' && key !== undefined && result !== undefined && result !== null)
      keys.add(key)
  }
  return keys
}

function lossOf(
  life: KeyLife,
  there: boolean,
  values: readonly unknown[],
  everRead: ReadonlySet<string>,
): Loss | undefined {
  if (!there) return everRead.has(life.key) ? 'lost' : 'neverRead'
  // A row that is listed twice is as bad as the worse of the two.
  let worst: Loss | undefined
  for (const value of values) {
    const loss = lossOfValue(life, value)
    if (loss !== undefined && (worst === undefined || losses.indexOf(loss) > losses.indexOf(worst))) worst = loss
  }
  return worst
}

function lossOfValue(life: KeyLife, value: unknown): Loss | undefined {
  const worked = isWorkedLast(life) ? workedValue(life, value) : undefined
  if (worked !== undefined) return worked === 'last' ? undefined : worked === 'older' ? 'stale' : 'altered'
  const isExact = life.writes.some((write) => write.value !== undefined && sameValue(value, write.value))
  const explaining = life.writes.filter((write) => explains(write, value, isExact))
  if (explaining.some((write) => mayBeLast(life, write))) return undefined
  return explaining.length > 0 ? 'stale' : 'altered'
}

function explains(write: Write, value: unknown, isExact: boolean): boolean {
  if (write.value === undefined) return true
  return isExact && !write.isPartial ? sameValue(value, write.value) : carries(value, write.value)
}

function isUnsure(life: KeyLife, value: unknown): boolean {
  return isWorkedLast(life) && workedValue(life, value) === undefined
}

/** Whether what was appended or added may be in the value; a put of no recorded value is none of this. */
function isWorkedLast(life: KeyLife): boolean {
  return life.writes.some((write) => {
    const { deed } = kindOf(write.operation.kind)
    return write.value === undefined && (deed === 'append' || deed === 'add') && mayBeLast(life, write)
  })
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
