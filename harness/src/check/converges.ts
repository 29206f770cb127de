import type { History } from '../history/history.ts'
import type { Observation } from '../history/observation.ts'
import { finalReadings, nodesOf, ofTable, partsOf, type Scope, valuesByKey } from './reading.ts'
import { sameValue } from './sameValue.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export type ConvergesOptions = Scope

/** Kinds of operation that change nothing: they are no witness that there was something to converge on. */
const readKinds: readonly string[] = ['read', 'count', 'search', 'query', 'scan', 'poll']

/**
 * Final digests are equal on all nodes, and stable where they were read twice in the quiet; the rows, where they were
 * read, tell the difference. A table of which no digest was taken is judged by its rows. Needs two nodes and an
 * acknowledged change (or a row read) before the readings.
 */
export function converges(history: History, options: ConvergesOptions = {}): Verdict {
  const nodes = nodesOf(history, options)
  const witness = { operationsAcknowledged: 0, digestsRead: 0, nodesReadTwice: 0, rowsRead: 0 }
  const refutations: string[] = []
  const doubts: string[] = []
  const offenders: unknown[] = []
  let earliestMs = Number.POSITIVE_INFINITY

  for (const { table, part } of partsOf(history, options)) {
    const digested = part.observations.some((each) => each.what === 'digest')
    if (!digested && !part.observations.some((each) => each.what === 'rows')) continue
    const { readings, doubts: unread } = finalReadings(part, digested ? 'digest' : 'rows', nodes, table)
    doubts.push(...unread)
    for (const { atMs } of readings) earliestMs = Math.min(earliestMs, atMs)
    if (digested) witness.digestsRead += readings.length
    const rows = finalReadings(part, 'rows', nodes, table).readings
    for (const reading of rows) witness.rowsRead += Array.isArray(reading.value) ? reading.value.length : 0
    const camps = digested ? campsOf(readings) : []
    if (digested && camps.length < 2) {
      const { pairs, undecided } = quietPairs(part, readings)
      witness.nodesReadTwice += pairs.length
      const moved = pairs.filter(({ before, last }) => !sameValue(before.value, last.value))
      if (moved.length === 0) continue
      const told = moved.map(
        ({ before, last }) => `${last.node} went from ${short(before.value)} to ${short(last.value)}`,
      )
      const sentence = `the digests${ofTable(table)} changed with nothing under way: ${told.join('; ')}`
      // Nodes that were already equal have no reason to move; others may just have been catching up.
      const hadAgreed = pairs.length === nodes.length && campsOf(pairs.map(({ before }) => before)).length === 1
      if (hadAgreed && !undecided) {
        refutations.push(`${sentence}, after they had been equal`)
        offenders.push(...moved.map(({ last: { node, value } }) => ({ fault: 'unstable', node, value })))
      } else doubts.push(sentence)
      continue
    }
    const difference = differenceOf(rows)
    if (!digested && difference.sentences.length === 0) continue
    if (digested) offenders.push(...readings.map(({ node, value }) => ({ fault: 'digest', node, value })))
    offenders.push(...difference.offenders.map((each) => ({ ...each, ...(table === undefined ? {} : { table }) })))
    if (digested) {
      const told =
        difference.sentences.length > 0 ? difference.sentences : rows.length > 1 ? ['though rows are equal'] : []
      refutations.push([`the digests${ofTable(table)} differ: ${camps.join('; ')}`, ...told].join('; '))
    } else refutations.push(`the rows${ofTable(table)} differ: ${difference.sentences.join('; ')}`)
  }

  for (const { outcome, kind, endedAtMs } of history.operations) {
    if (outcome === 'ok' && !readKinds.includes(kind) && endedAtMs <= earliestMs) witness.operationsAcknowledged++
  }
  if (earliestMs === Number.POSITIVE_INFINITY) doubts.unshift('neither a digest nor rows were read')
  else if (nodes.length < 2)
    doubts.unshift(`only ${nodes.join('') || 'no node'} is named, and it takes two to converge`)
  else if (witness.operationsAcknowledged === 0 && witness.rowsRead === 0) {
    doubts.unshift('nothing had been acknowledged when the nodes were read')
  }
  return conclude({
    checker: 'converges',
    claim: `${options.nodes ? nodes.join(', ') : 'all nodes'} end with the same content${ofTable(options.table)}`,
    witness,
    refutations,
    doubts,
    upheld: `${nodes.join(', ')} ended equal after ${counted(witness.operationsAcknowledged, 'acknowledged operation')}`,
    offenders,
  })
}

/**
 * The last two digests of each node that was read twice in the quiet: after the last heal, and after the last change had
 * ended. A change that is undecided may still land.
 */
function quietPairs(part: History, finals: readonly Observation[]) {
  const changes = part.operations.filter(({ outcome, kind }) => outcome !== 'fail' && !readKinds.includes(kind))
  let quietMs = Number.NEGATIVE_INFINITY
  // A heal after the readings says nothing of them.
  const endMs = Math.max(...finals.map(({ atMs }) => atMs))
  for (const { type, atMs } of part.events) if (type === 'heal' && atMs <= endMs) quietMs = Math.max(quietMs, atMs)
  for (const { endedAtMs } of changes) quietMs = Math.max(quietMs, endedAtMs)
  const earlier = new Map<string, Observation>()
  const lasts = new Set(finals)
  for (const each of part.observations) {
    if (each.what !== 'digest' || each.atMs < quietMs || lasts.has(each)) continue
    const known = earlier.get(each.node)
    if (known === undefined || each.atMs >= known.atMs) earlier.set(each.node, each)
  }
  const pairs = finals.flatMap((last) => {
    const before = earlier.get(last.node)
    return before === undefined ? [] : [{ before, last }]
  })
  return { pairs, undecided: changes.some(({ outcome }) => outcome === 'info') }
}

/** Nodes by what they answered: "n1, n2 have a1b2", "n3 has c3d4". */
function campsOf(readings: readonly Observation[]): string[] {
  const camps: { value: unknown; nodes: string[] }[] = []
  for (const { node, value } of readings) {
    const camp = camps.find((each) => sameValue(each.value, value))
    if (camp) camp.nodes.push(node)
    else camps.push({ value, nodes: [node] })
  }
  return camps.map(({ value, nodes }) => `${nodes.join(', ')} ${nodes.length > 1 ? 'have' : 'has'} ${short(value)}`)
}

function short(digest: unknown): string {
  const text = typeof digest === 'string' ? digest : (JSON.stringify(digest) ?? 'nothing')
  return text.length > 24 ? `${text.slice(0, 23)}…` : text
}

/** What each node lacks of all keys read anywhere, and the keys on which values differ from those of an earlier node. */
function differenceOf(readings: readonly Observation[]) {
  const contents = readings.map((reading) => ({ node: reading.node, rows: valuesByKey(reading) }))
  const all = new Map<string, { node: string; value: unknown }>()
  for (const { node, rows } of contents) {
    for (const [key, value] of rows) if (all.get(key)?.value === undefined) all.set(key, { node, value })
  }
  const sentences: string[] = []
  const offenders: { fault: string; node: string; key: string }[] = []
  const unequal = new Map<string, string>()
  for (const { node, rows } of contents) {
    const missing: string[] = []
    for (const [key, first] of all) {
      const value = rows.get(key)
      if (value === undefined && !rows.has(key)) missing.push(key)
      else if (value !== undefined && !sameValue(value, first.value)) {
        unequal.set(key, `${key} on ${first.node} and ${node}`)
        offenders.push({ fault: 'unequal', node, key })
      }
    }
    if (missing.length === 0) continue
    sentences.push(`${node} lacks ${counted(missing.length, 'key')} that others hold (${firstOf(missing)})`)
    for (const key of missing) offenders.push({ fault: 'missing', node, key })
  }
  if (unequal.size > 0) {
    sentences.push(`${counted(unequal.size, 'key')} with unequal values (${firstOf([...unequal.values()])})`)
  }
  return { sentences, offenders }
}
