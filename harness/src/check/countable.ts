import { effectsOf } from '../history/effects.ts'
import type { Operation } from '../history/operation.ts'
import { kindOf, writesRows } from '../history/operationKinds.ts'
import { type Span, spanOf } from '../history/span.ts'

export interface OwnKinds {
  /** Kinds of operation that write rows, beside those that are known to. */
  kinds?: readonly string[]
  /** Kinds of operation that delete rows, beside those that are known to. */
  deletes?: readonly string[]
}

interface Act {
  span: Span
  /** It happened, and did what it was to do. */
  did: boolean
}

interface Life {
  creates: Act[]
  removes: Act[]
  /** Key 1 beside key "1": one row or two. */
  types: Set<boolean>
}

/** What may be counted of a table: its keys, the entries that have none, and what nobody can count. */
export interface Countable {
  lives: Life[]
  entries: Act[]
  unknown: { kind: string; span: Span }[]
}

/** An operation under the name of what its own kind is said to be. */
export function asTold(operation: Operation, { kinds, deletes }: OwnKinds): Operation {
  if (kindOf(operation.kind).deed !== 'unknown') return operation
  if (kinds?.includes(operation.kind)) return { ...operation, kind: 'put' }
  return deletes?.includes(operation.kind) ? { ...operation, kind: 'delete' } : operation
}

const addingEntries = new Set(['append', 'produce', 'publish', 'insert'])

export function countableOf(operations: readonly Operation[], table: string | undefined, own: OwnKinds): Countable {
  const lives = new Map<string, Life>()
  const entries: Act[] = []
  const unknown: Countable['unknown'] = []
  const cleared: { act: Act; kind: string }[] = []
  for (const operation of operations) {
    const span = spanOf(operation)
    const ok = operation.outcome === 'ok'
    for (const effect of effectsOf(asTold(operation, own))) {
      const { deed, reach, key } = effect
      if ((reach !== 'everything' && effect.table !== table) || deed === 'read' || deed === 'localRead') continue
      if (reach === 'key' && key === undefined && addingEntries.has(operation.kind)) {
        entries.push({ span, did: ok })
        continue
      }
      if (reach === 'table' && deed === 'delete') {
        cleared.push({ act: { span, did: ok }, kind: operation.kind })
        continue
      }
      if (reach !== 'key' || key === undefined) {
        unknown.push({ kind: operation.kind, span })
        continue
      }
      const life = lives.get(key) ?? { creates: [], removes: [], types: new Set() }
      lives.set(key, life)
      life.types.add(effect.keyIsText)
      const leavesNothing = deed === 'cas' && (effect.value === null || effect.value === undefined)
      // What an unknown operation does to a key may be either; a sum may be a row or none.
      if (deed === 'cas' && effect.held === false) continue
      if (deed !== 'delete') {
        const did = ok && (deed === 'write' || deed === 'append' || (deed === 'cas' && effect.held === true))
        life.creates.push({ span, did: did && !leavesNothing })
      }
      if (deed === 'delete' || deed === 'unknown' || leavesNothing) {
        life.removes.push({ span, did: ok && deed === 'delete' })
      }
    }
  }
  for (const { act, kind } of cleared) {
    for (const { removes } of lives.values()) removes.push(act)
    if (entries.length > 0) unknown.push({ kind, span: act.span })
  }
  return { lives: [...lives.values()], entries, unknown }
}

/** How many rows a reading from then to then may count. */
export function countedAt(
  { lives, entries }: Countable,
  atMs: number,
  untilMs: number,
): { least: number; most: number } {
  let [least, most] = [0, 0]
  const hadHappened = ({ did, span }: Act) => did && span.endMs < atMs
  for (const { creates, removes, types } of lives) {
    const created = creates.filter(({ span }) => span.startMs <= untilMs)
    const removed = removes.filter(({ span }) => span.startMs <= untilMs)
    const createdUntilMs = lastEndOf(created)
    const removedUntilMs = lastEndOf(removed)
    const isSurelyThere = created.some((each) => hadHappened(each) && removedUntilMs < each.span.startMs)
    const isSurelyGone = removed.some((each) => hadHappened(each) && createdUntilMs < each.span.startMs)
    if (isSurelyThere) least++
    if (created.length > 0 && !isSurelyGone) most += types.size
  }
  least += entries.filter(hadHappened).length
  most += entries.filter(({ span }) => span.startMs <= untilMs).length
  return { least, most }
}

function lastEndOf(acts: readonly Act[]): number {
  let lastMs = Number.NEGATIVE_INFINITY
  for (const { span } of acts) if (span.endMs > lastMs) lastMs = span.endMs
  return lastMs
}

export function wroteRows(operation: Operation, { kinds }: OwnKinds): boolean {
  return (
    operation.outcome === 'ok' &&
    (writesRows(operation.kind) || kinds?.includes(operation.kind) === true || kindOf(operation.kind).deed === 'cas')
  )
}
