import { formatCount } from '../base/units.ts'
import type { History } from '../history/history.ts'
import { type Observation, seenUntilMs } from '../history/observation.ts'
import { clockWentBack } from '../history/span.ts'
import { amountOf, unitsRead } from './amount.ts'
import { countableOf, countedAt, type OwnKinds, wroteRows } from './countable.ts'
import { nodesOf, ofTable, partsOf, type Scope } from './reading.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'
import { contentName, type Written, writersOf } from './writtenElements.ts'

export interface ExactlyOnceOptions extends Scope, OwnKinds {}

/**
 * No row is listed twice in a final reading, no element more often than it was written, and a node's own count of rows is
 * one that the operations can make. An element that goes by its key was written once, however often that was tried.
 *
 * Does not see what is missing from a listing (losesNothing does), nor what was doubled and removed before the final reading.
 */
export function exactlyOnce(history: History, options: ExactlyOnceOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const witness = { operationsAcknowledged: 0, nodesRead: 0, elementsRead: 0, countsRead: 0 }
  const refutations: string[] = []
  const doubts: string[] = []
  const offenders: unknown[] = []
  const untimed = clockWentBack(history.operations)

  for (const { table, part } of partsOf(history, options)) {
    const acknowledged = part.operations.filter((each) => wroteRows(each, options)).length
    if (acknowledged === 0) continue
    witness.operationsAcknowledged += acknowledged
    const rows = part.finals('rows')
    const elements = part.finals('elements')
    const counts = part.finals('count')
    const countable = counts.size > 0 ? countableOf(part.operations, table, options) : undefined
    const writers = elements.size > 0 ? writersOf(part.operations, table, options) : undefined
    for (const node of nodes) {
      const lists = [rows.get(node), elements.get(node)].filter((each) => each !== undefined)
      const count = counts.get(node)
      if (lists.length === 0 && count === undefined) doubts.push(`nothing${ofTable(table)} was read on ${node}`)
      else witness.nodesRead++
      for (const reading of lists) {
        if (!Array.isArray(reading.value)) {
          doubts.push(`the ${reading.what}${ofTable(table)} recorded of ${node} are not a list`)
          continue
        }
        witness.elementsRead += reading.value.length
        const { doubled, doubtful } = repeatedIn(reading, writers)
        if (doubtful.length > 0) {
          doubts.push(
            `${node} lists ${counted(doubtful.length, 'element')}${ofTable(table)} more than once of which nobody knows how often it was written (${firstOf(doubtful)})`,
          )
        }
        if (doubled.length === 0) continue
        refutations.push(
          `${node} lists ${counted(doubled.length, 'key')}${ofTable(table)} more than once (${firstOf(doubled)})`,
        )
        for (const key of doubled) offenders.push({ fault: 'doubled', node, what: reading.what, key })
      }
      if (count === undefined || countable === undefined) continue
      const amount = amountOf(count.value)
      const value = amount && unitsRead(amount, 0)
      if (value === undefined) {
        doubts.push(`the count${ofTable(table)} recorded of ${node} is no whole number`)
        continue
      }
      witness.countsRead++
      const unknown = countable.unknown.find(({ span }) => span.startMs <= seenUntilMs(count))
      if (unknown) {
        doubts.push(`${node} counted after "${unknown.kind}", and nobody knows how many rows that leaves`)
        continue
      }
      const { least, most } = countedAt(countable, count.atMs, seenUntilMs(count))
      if (value >= BigInt(least) && value <= BigInt(most)) continue
      const range = least === most ? formatCount(least) : `${formatCount(least)} to ${formatCount(most)}`
      const sentence = `${node} counts ${counted(Number(value), 'row')}${ofTable(table)}, but the operations make ${range}`
      if (untimed !== undefined) {
        doubts.push(sentence, untimed)
        continue
      }
      refutations.push(sentence)
      offenders.push({ fault: 'miscounted', node, count: count.value, least, most })
    }
  }
  if (witness.operationsAcknowledged === 0) doubts.unshift('no write was acknowledged')
  else if (nodes.length === 0) doubts.unshift('no node was read')
  else if (doubts.length === 0 && witness.elementsRead + witness.countsRead === 0)
    doubts.push('every listing was empty')
  return conclude({
    checker: 'exactlyOnce',
    claim: `nothing written${ofTable(options.table)} is there twice on ${options.nodes ? nodes.join(', ') : 'any node'}`,
    witness,
    refutations,
    doubts,
    upheld: `${counted(witness.elementsRead, 'element')} and ${counted(witness.countsRead, 'count')} read, none doubled`,
    offenders,
  })
}

/** Rows go by their key, of which 1 and "1" are two; elements by their content. What has no key is no row. */
function repeatedIn(
  reading: Observation,
  writers: ((element: unknown, atMs: number) => Written) | undefined,
): { doubled: string[]; doubtful: string[] } {
  const { value, what } = reading
  const times = new Map<string, { element: unknown; count: number }>()
  for (const element of value as unknown[]) {
    if (what === 'rows' && (element === null || typeof element !== 'object' || !('key' in element))) continue
    const name = contentName(what === 'rows' ? (element as { key: unknown }).key : element)
    const known = times.get(name)
    if (known) known.count++
    else times.set(name, { element, count: 1 })
  }
  const doubled: string[] = []
  const doubtful: string[] = []
  for (const [name, { element, count }] of times) {
    if (count < 2) continue
    const shown = name.startsWith('"') ? (JSON.parse(name) as string) : name
    const written = what === 'rows' ? undefined : writers?.(element, seenUntilMs(reading))
    const most = written === undefined ? 1 : written.byContent + written.byKey
    if (written !== undefined && (written.unknown || most === 0)) doubtful.push(shown)
    else if (count > most) doubled.push(shown)
  }
  return { doubled, doubtful }
}
