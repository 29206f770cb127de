import { formatCount } from '../base/units.ts'
import type { History } from '../history/history.ts'
import { clockWentBack } from '../history/span.ts'
import { formatUnits, unitsRead } from './amount.ts'
import { Changes } from './changes.ts'
import { type CounterReading, counterReading } from './counterReadings.ts'
import { countersOf, judgeReading } from './counters.ts'
import { finalReadings, nodesOf, ofTable, partsOf, type Scope } from './reading.ts'
import { conclude, counted, type Verdict } from './verdict.ts'

export interface CountsExactlyOptions extends Scope {
  /** Kinds that add their value to a counter, beside add, increment, decrement and what else those are called. */
  kinds?: readonly string[]
  /** Judge this counter only. */
  counter?: string
}

/**
 * The final counter of every node is what the acknowledged additions make with some of the undecided ones; and it is equal on
 * all nodes. A counter that a node does not list reads 0. An addition that began after the reading is not in it.
 *
 * Does not see counters that nobody added to. A counter that was also written, deleted, compared and set, or met by an
 * operation of unknown kind is unknown, unless one write came before all else.
 */
export function countsExactly(history: History, options: CountsExactlyOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const witness = { operationsAcknowledged: 0, operationsUndecided: 0, countersRead: 0 }
  const refutations: string[] = []
  const doubts: string[] = []
  const offenders: unknown[] = []

  for (const { table, part } of partsOf(history, options)) {
    const counters = countersOf(part.operations, table, options)
    if (counters.length === 0) continue
    for (const { additions } of counters) {
      const acknowledged = additions.filter(({ outcome }) => outcome === 'ok').length
      witness.operationsAcknowledged += acknowledged
      witness.operationsUndecided += additions.length - acknowledged
    }
    const unread = finalReadings(part, 'counter', nodes, table).doubts
    doubts.push(...unread)
    const observed = part.observations.filter(({ what }) => what === 'counter')
    const read = nodes.filter((node) => observed.some((each) => each.node === node))
    const changes = new Changes(part.operations, table, observed)
    for (const counter of counters) {
      const name = `${counter.key ?? 'the counter'}${ofTable(table)}`
      const told: Told[] = []
      for (const node of read) {
        const reading = counterReading(observed, node, counter.key, counters.length === 1)
        if (typeof reading === 'string') {
          doubts.push(reading)
          continue
        }
        witness.countersRead++
        const value = unitsRead(reading.amount, counter.digits)
        const shown = formatUnits(reading.amount.units, reading.amount.digits)
        told.push({ node, value, shown, reading })
        const { doubt, wanted } = judgeReading(counter, reading, value)
        if (doubt !== undefined) doubts.push(`${name} on ${node} ${doubt}`)
        if (wanted === undefined) continue
        refutations.push(`${node} reads ${shown} for ${name}, but the operations make ${wanted}`)
        offenders.push({ fault: 'miscounted', node, key: counter.key, value: shown, wanted })
      }
      const differing = told.flatMap((a, at) =>
        told.slice(at + 1).flatMap((b) => (differ(a, b) ? [[a, b] as const] : [])),
      )
      if (differing.length === 0) continue
      const sentence = `nodes disagree on ${name}: ${told.map(({ node, shown }) => `${node} reads ${shown}`).join(', ')}`
      if (differing.every(([a, b]) => changes.mayExplain(a.reading, b.reading, counter.key))) {
        doubts.push(`${sentence}, but something may have been added between the looks`)
        continue
      }
      refutations.push(sentence)
      offenders.push({
        fault: 'unequal',
        key: counter.key,
        values: told.map(({ node, shown }) => ({ node, value: shown })),
      })
    }
  }
  const untimed = clockWentBack(history.operations)
  if (untimed !== undefined && refutations.length > 0) doubts.push(...refutations.splice(0), untimed)
  if (witness.operationsAcknowledged === 0) doubts.unshift('no add was acknowledged')
  else if (nodes.length === 0) doubts.unshift('no node was read')
  return conclude({
    checker: 'countsExactly',
    claim: `counters${ofTable(options.table)} hold exactly what was added, on ${options.nodes ? nodes.join(', ') : 'every node'}`,
    witness,
    refutations,
    doubts,
    upheld:
      `${counted(witness.countersRead, 'counter reading')} on ${nodes.join(', ')} agree with ` +
      `${counted(witness.operationsAcknowledged, 'acknowledged add')} and ${formatCount(witness.operationsUndecided)} undecided`,
    offenders: refutations.length > 0 ? offenders : [],
  })
}

interface Told {
  node: string
  value: bigint | undefined
  shown: string
  reading: CounterReading
}

function differ(a: Told, b: Told): boolean {
  return a.value !== b.value || (a.value === undefined && a.shown !== b.shown)
}
