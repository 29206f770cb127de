import { formatCount } from '../base/units.ts'
import type { History } from '../history/history.ts'
import { type KeyLife, type Kinds, keyLives, mustBeAbsent, mustBePresent, settledAtMs, writeKinds } from './keyLives.ts'
import { nodesOf, ofTable, partsOf, type Scope } from './reading.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export interface ExactlyOnceOptions extends Scope, Kinds {}

/**
 * No key or element is listed twice in a final reading, and a node's own count of rows is one that the operations can
 * make. That nothing listed is missing is the claim of losesNothing.
 */
export function exactlyOnce(history: History, options: ExactlyOnceOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const writes = new Set(options.kinds ?? writeKinds)
  const witness = { operationsAcknowledged: 0, nodesRead: 0, elementsRead: 0, countsRead: 0 }
  const refutations: string[] = []
  const doubts: string[] = []
  const offenders: unknown[] = []

  for (const { table, part } of partsOf(history, options)) {
    const acknowledged = part.operations.filter((each) => each.outcome === 'ok' && writes.has(each.kind)).length
    if (acknowledged === 0) continue
    witness.operationsAcknowledged += acknowledged
    const listings = [part.finals('rows'), part.finals('elements')]
    const counts = part.finals('count')
    const lives = counts.size > 0 ? [...keyLives(part.operations, table, options).values()] : []
    for (const node of nodes) {
      const lists = listings.map((finals) => finals.get(node)).filter((each) => each !== undefined)
      const count = counts.get(node)
      if (lists.length === 0 && count === undefined) doubts.push(`nothing${ofTable(table)} was read on ${node}`)
      else witness.nodesRead++
      for (const { value, what } of lists) {
        const elements = Array.isArray(value) ? (value as unknown[]).map(nameOf) : []
        witness.elementsRead += elements.length
        const doubled = repeatedIn(elements)
        if (doubled.length === 0) continue
        refutations.push(
          `${node} lists ${counted(doubled.length, 'key')}${ofTable(table)} more than once (${firstOf(doubled)})`,
        )
        for (const key of doubled) offenders.push({ fault: 'doubled', node, what, key })
      }
      if (typeof count?.value !== 'number') continue
      witness.countsRead++
      const { least, most } = countableAt(lives, count.atMs)
      if (count.value >= least && count.value <= most) continue
      const range = least === most ? formatCount(least) : `${formatCount(least)} to ${formatCount(most)}`
      refutations.push(
        `${node} counts ${counted(count.value, 'row')}${ofTable(table)}, but the operations make ${range}`,
      )
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

/** A row goes by its key; anything else by itself. */
function nameOf(element: unknown): string {
  if (typeof element === 'string') return element
  if (element !== null && typeof element === 'object' && 'key' in element) return String(element.key)
  return JSON.stringify(element) ?? 'undefined'
}

function repeatedIn(elements: readonly string[]): string[] {
  const once = new Set<string>()
  const twice = new Set<string>()
  for (const element of elements) (once.has(element) ? twice : once).add(element)
  return [...twice]
}

/** How many keys may be counted by a reading begun at this time. */
function countableAt(lives: readonly KeyLife[], atMs: number): { least: number; most: number } {
  let least = 0
  let most = 0
  for (const life of lives) {
    const settled = settledAtMs(life) <= atMs
    if (settled && mustBePresent(life)) least++
    if (life.writes.length > 0 && !(settled && mustBeAbsent(life))) most++
  }
  return { least, most }
}
