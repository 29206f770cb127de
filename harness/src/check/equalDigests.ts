import type { History } from '../history/history.ts'
import type { Observation } from '../history/observation.ts'
import type { Operation } from '../history/operation.ts'
import type { Changes, Held } from './changes.ts'
import { ofTable } from './reading.ts'
import { sameValue } from './sameValue.ts'

/** One table as converges looks at it. */
export interface Look {
  table: string | undefined
  part: History
  nodes: readonly string[]
  /** Operations that may have changed it. */
  concerned: readonly Operation[]
  changes: Changes
}

export interface Found {
  refutations: string[]
  doubts: string[]
  offenders: unknown[]
}

/** `doubted`: they differ, and something may have changed between the looks. */
export type DigestsDiffer = 'no' | 'doubted' | 'refuted'

interface DigestsSeen {
  digestsRead: number
  nodesReadTwice: number
  digestsDiffer: DigestsDiffer
}

/** Whether the final digests are equal, and stood still where they were read twice. */
export function judgeDigests(look: Look & { readings: readonly Observation[] }, found: Found): DigestsSeen {
  const { table, part, nodes, changes } = look
  const readings = look.readings.filter(({ node, value }) => {
    if (value !== undefined && value !== null) return true
    found.doubts.push(`${node} told no digest${ofTable(table)}`)
    return false
  })
  const camps = campsOf(readings)
  if (camps.length > 1) {
    const held = readings.map((reading) => ({ reading, held: heldBy(part, reading) }))
    const differ = held.some((a, at) =>
      held
        .slice(at + 1)
        .some((b) => !sameValue(a.reading.value, b.reading.value) && !changes.mayExplain(a.held, b.held)),
    )
    const sentence = `the digests${ofTable(table)} differ: ${camps.join('; ')}`
    if (differ) {
      found.refutations.push(sentence)
      found.offenders.push(...readings.map(({ node, value }) => ({ fault: 'digest', node, value })))
    } else found.doubts.push(`${sentence}, but something may have changed between the looks`)
    return { digestsRead: readings.length, nodesReadTwice: 0, digestsDiffer: differ ? 'refuted' : 'doubted' }
  }
  const { pairs, undecided } = quietPairs(look, readings)
  const moved = pairs.filter(({ before, last }) => !sameValue(before.value, last.value))
  if (moved.length > 0) {
    const told = moved.map(
      ({ before, last }) => `${last.node} went from ${short(before.value)} to ${short(last.value)}`,
    )
    const sentence = `the digests${ofTable(table)} changed with nothing under way: ${told.join('; ')}`
    // Nodes that were already equal have no reason to move; others may just have been catching up.
    const hadAgreed =
      nodes.length > 1 && pairs.length === nodes.length && campsOf(pairs.map(({ before }) => before)).length === 1
    if (hadAgreed && !undecided) {
      found.refutations.push(`${sentence}, after they had been equal`)
      found.offenders.push(...moved.map(({ last: { node, value } }) => ({ fault: 'unstable', node, value })))
    } else found.doubts.push(sentence)
  }
  return { digestsRead: readings.length, nodesReadTwice: pairs.length, digestsDiffer: 'no' }
}

/** From when to when the node was seen to hold what its final reading tells: earlier readings that are equal count. */
export function heldBy(part: History, final: Observation): Held {
  const own = part.observations
    .filter(({ node, what }) => node === final.node && what === final.what)
    .sort((a, b) => b.atMs - a.atMs)
  let fromMs = final.atMs
  for (const { atMs, value } of own) {
    if (!sameValue(value, final.value)) break
    fromMs = Math.min(fromMs, atMs)
  }
  return { fromMs, toMs: final.atMs }
}

/**
 * The last two digests of each node that was read twice in the quiet: after the last heal, and after the last change had
 * ended. A change that is undecided may still land.
 */
function quietPairs({ part, concerned }: Look, finals: readonly Observation[]) {
  let quietMs = Number.NEGATIVE_INFINITY
  // A heal after the readings says nothing of them.
  const endMs = Math.max(...finals.map(({ atMs }) => atMs))
  for (const { type, atMs } of part.events) if (type === 'heal' && atMs <= endMs) quietMs = Math.max(quietMs, atMs)
  for (const { startedAtMs, endedAtMs } of concerned) quietMs = Math.max(quietMs, startedAtMs, endedAtMs)
  const earlier = new Map<string, Observation>()
  const lasts = new Set(finals)
  for (const each of part.observations) {
    if (each.what !== 'digest' || each.value === undefined || each.value === null) continue
    if (each.atMs < quietMs || lasts.has(each)) continue
    const known = earlier.get(each.node)
    if (known === undefined || each.atMs >= known.atMs) earlier.set(each.node, each)
  }
  const pairs = finals.flatMap((last) => {
    const before = earlier.get(last.node)
    return before === undefined ? [] : [{ before, last }]
  })
  return { pairs, undecided: concerned.some(({ outcome }) => outcome === 'info') }
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
