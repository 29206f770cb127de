import { formatCount } from '../base/units.ts'
import type { History } from '../history/history.ts'
import type { Observation } from '../history/observation.ts'
import type { Operation } from '../history/operation.ts'
import { finalReadings, nodesOf, ofTable, partsOf, type Scope } from './reading.ts'
import { conclude, counted, type Verdict } from './verdict.ts'

export interface CountsExactlyOptions extends Scope {
  /** Kinds that change a counter by their value, which is signed. A decrement subtracts; without value the amount is 1. */
  kinds?: readonly string[]
}

const counterKinds: readonly string[] = ['add', 'increment', 'decrement']

/**
 * The final counter of every node lies between the sum of acknowledged amounts plus all undecided decreases, and the
 * same plus all undecided increases; and it is equal on all nodes. A key that a node does not list reads as 0.
 */
export function countsExactly(history: History, options: CountsExactlyOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const kinds = new Set(options.kinds ?? counterKinds)
  const witness = { operationsAcknowledged: 0, operationsUndecided: 0, countersRead: 0 }
  const refutations: string[] = []
  const doubts: string[] = []
  const offenders: unknown[] = []

  for (const { table, part } of partsOf(history, options)) {
    const adds = part.operations.filter((each) => kinds.has(each.kind) && each.outcome !== 'fail')
    const acknowledged = adds.filter((each) => each.outcome === 'ok').length
    witness.operationsAcknowledged += acknowledged
    witness.operationsUndecided += adds.length - acknowledged
    if (acknowledged === 0) continue
    const { readings, doubts: unread } = finalReadings(part, 'counter', nodes, table)
    doubts.push(...unread)
    const keys = [...new Set(adds.map((each) => each.key))]
    const byKey = new Map<string | undefined, { node: string; value: number }[]>()
    for (const reading of readings) {
      const bounds = boundsAt(adds, reading.atMs)
      for (const key of keys) {
        const value = counterRead(reading, key, keys.length)
        const { least, most, late } = bounds.get(key) as Bounds
        witness.countersRead++
        if (value >= least && value <= most) {
          const values = byKey.get(key) ?? []
          byKey.set(key, [...values, { node: reading.node, value }])
          if (late > 0) doubts.push(`${reading.node} was read before ${counted(late, 'add')} had been acknowledged`)
          continue
        }
        const range = least === most ? formatSum(least) : `${formatSum(least)} to ${formatSum(most)}`
        const counter = `${key === undefined ? 'the counter' : key}${ofTable(table)}`
        refutations.push(`${reading.node} reads ${formatSum(value)} for ${counter}, but the operations make ${range}`)
        offenders.push({ fault: 'miscounted', node: reading.node, key, value, least, most })
      }
    }
    for (const [key, values] of byKey) {
      if (values.every(({ value }) => value === values[0]?.value)) continue
      const told = values.map(({ node, value }) => `${node} reads ${formatSum(value)}`).join(', ')
      refutations.push(`nodes disagree on ${key ?? 'the counter'}${ofTable(table)}: ${told}`)
      offenders.push({ fault: 'unequal', key, values })
    }
  }
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
    offenders,
  })
}

interface Bounds {
  least: number
  most: number
  /** Acknowledged only after the reading had begun, so undecided for this reading. */
  late: number
}

function boundsAt(adds: readonly Operation[], atMs: number): Map<string | undefined, Bounds> {
  const byKey = new Map<string | undefined, Bounds>()
  for (const add of adds) {
    let bounds = byKey.get(add.key)
    if (bounds === undefined) {
      bounds = { least: 0, most: 0, late: 0 }
      byKey.set(add.key, bounds)
    }
    const size = typeof add.value === 'number' ? add.value : 1
    const amount = add.kind === 'decrement' ? -size : size
    const decided = add.outcome === 'ok' && add.endedAtMs <= atMs
    if (decided || amount < 0) bounds.least += amount
    if (decided || amount > 0) bounds.most += amount
    if (!decided && add.outcome === 'ok') bounds.late++
  }
  return byKey
}

function counterRead(reading: Observation, key: string | undefined, keyCount: number): number {
  const { value } = reading
  if (typeof value === 'number') return key === undefined || keyCount === 1 ? value : 0
  const counters = (value ?? {}) as Record<string, number>
  return counters[key ?? 'counter'] ?? 0
}

function formatSum(sum: number): string {
  return sum < 0 ? `−${formatCount(-sum)}` : formatCount(sum)
}
