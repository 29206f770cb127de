import { formatCount } from '../base/units.ts'
import type { History } from '../history/history.ts'
import type { Observation } from '../history/observation.ts'
import { changesOf, type Operation } from '../history/operation.ts'
import { finalReadings, nodesOf, ofTable, partsOf, type Scope } from './reading.ts'
import { conclude, counted, type Verdict } from './verdict.ts'

export interface CountsExactlyOptions extends Scope {
  /** Kinds that change a counter by their value, which is signed. A decrement subtracts; without value the amount is 1. */
  kinds?: readonly string[]
  /** Judge this counter only. */
  counter?: string
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
    const adds = part.operations
      .flatMap((operation) => addsOf(operation, kinds, table))
      .filter(({ key }) => options.counter === undefined || key === options.counter)
    const acknowledged = adds.filter((each) => each.acknowledged).length
    witness.operationsAcknowledged += acknowledged
    witness.operationsUndecided += adds.length - acknowledged
    if (acknowledged === 0) continue
    doubts.push(...finalReadings(part, 'counter', nodes, table).doubts)
    const addsByKey = Map.groupBy(adds, ({ key }) => key)
    const byKey = new Map<string | undefined, { node: string; value: number }[]>()
    const readings = part.observations.filter(({ what, node }) => what === 'counter' && nodes.includes(node))
    for (const [key, own] of addsByKey) {
      for (const [node, { value, atMs }] of finalCounters(readings, key, addsByKey.size)) {
        const { least, most, late } = boundsAt(own, atMs)
        witness.countersRead++
        if (value >= least && value <= most) {
          const values = byKey.get(key) ?? []
          byKey.set(key, [...values, { node, value }])
          if (late > 0) doubts.push(`${node} was read before ${counted(late, 'add')} had been acknowledged`)
          continue
        }
        const range = least === most ? formatSum(least) : `${formatSum(least)} to ${formatSum(most)}`
        const counter = `${key === undefined ? 'the counter' : key}${ofTable(table)}`
        refutations.push(`${node} reads ${formatSum(value)} for ${counter}, but the operations make ${range}`)
        offenders.push({ fault: 'miscounted', node, key, value, least, most })
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

interface Add {
  key: string | undefined
  amount: number
  acknowledged: boolean
  endedAtMs: number
}

function addsOf(operation: Operation, kinds: ReadonlySet<string>, table: string | undefined): Add[] {
  const { kind, outcome, endedAtMs } = operation
  if (outcome === 'fail') return []
  const ofKind = kinds.has(kind)
  const add = (key: string | undefined, value: unknown): Add => {
    const size = typeof value === 'number' ? value : 1
    return { key, amount: kind === 'decrement' ? -size : size, acknowledged: outcome === 'ok', endedAtMs }
  }
  const changes = changesOf(operation)
  if (changes.length === 0) return ofKind ? [add(undefined, operation.value)] : []
  return changes
    .filter((change) => (change.op === undefined ? ofKind : change.op === 'add'))
    .filter((change) => (change.table ?? operation.table) === table)
    .map(({ key, value }) => add(key, value))
}

/** What the counter may read at that time. `late`: acknowledged only after the reading had begun, so undecided for it. */
function boundsAt(adds: readonly Add[], atMs: number): { least: number; most: number; late: number } {
  let [least, most, late] = [0, 0, 0]
  for (const { amount, acknowledged, endedAtMs } of adds) {
    const decided = acknowledged && endedAtMs <= atMs
    if (decided || amount < 0) least += amount
    if (decided || amount > 0) most += amount
    if (acknowledged && !decided) late++
  }
  return { least, most, late }
}

/** By node, the last reading that tells of the counter; a node whose readings never name it holds 0. */
function finalCounters(readings: readonly Observation[], key: string | undefined, keyCount: number) {
  const finals = new Map<string, { value: number; atMs: number; named: boolean }>()
  for (const { node, atMs, value: read } of readings) {
    const value = counterIn(read, key, keyCount)
    const last = finals.get(node)
    const named = value !== undefined
    if (last && (last.named !== named ? last.named : last.atMs > atMs)) continue
    finals.set(node, { value: value ?? 0, atMs, named })
  }
  return finals
}

function counterIn(read: unknown, key: string | undefined, keyCount: number): number | undefined {
  if (typeof read === 'number') return keyCount === 1 ? read : undefined
  if (read === null || typeof read !== 'object') return undefined
  const value = (read as Record<string, unknown>)[key ?? 'counter']
  return typeof value === 'number' ? value : undefined
}

function formatSum(sum: number): string {
  return sum < 0 ? `−${formatCount(-sum)}` : formatCount(sum)
}
