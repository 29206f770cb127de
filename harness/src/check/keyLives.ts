import { type Effect, effectsOf } from '../history/effects.ts'
import type { Operation } from '../history/operation.ts'
import { kindOf, writesRows } from '../history/operationKinds.ts'
import { answeredAtMs, type Span, spanOf } from '../history/span.ts'

export interface Act extends Span {
  operation: Operation
  effect: Effect
}

export interface Write extends Act {
  /** Undefined: not known, as after an append or an add. */
  value: unknown
  /** Other fields stay as they are. */
  isPartial: boolean
}

/**
 * Everything that happened, or may have, to one key. What did not happen (`fail`) is left out.
 * Real time orders two operations only if one ended before the other began; else either may have come last.
 */
export interface KeyLife {
  key: string
  writes: Write[]
  deletes: Act[]
  /** What may have written or deleted it: kinds that nobody knows. */
  strangers: Act[]
  /** When the latest acknowledged operation on the key began, ms. */
  latestStartMs: number
  /** When the last answer to such an operation came, ms. A reading begun earlier says nothing about it. */
  settledAtMs: number
  /** Whether a write that had to last was acknowledged. */
  acknowledged: boolean
  /** The key was named both as text and as something else: see `keyName`. */
  mayBeTwo: boolean
}

export interface Kinds {
  /** Kinds of operation whose rows have to last; others that write rows may explain what is there. */
  kinds?: readonly string[]
  /** Kinds of operation that delete rows, besides those that are known to. */
  deletes?: readonly string[]
}

/** The lives of the keys of one table. */
export function keyLives(
  operations: readonly Operation[],
  table: string | undefined,
  options: Kinds = {},
): Map<string, KeyLife> {
  const forms = new Map<string, boolean>()
  const lives = new Map<string, KeyLife>()
  const reaching: { effect: Effect; operation: Operation }[] = []
  for (const operation of operations) {
    for (const effect of effectsOf(asTold(operation, options))) {
      if (effect.reach !== 'everything' && effect.table !== table) continue
      if (effect.reach !== 'key') reaching.push({ effect, operation })
      if (effect.key === undefined || effect.deed === 'read' || effect.deed === 'localRead') continue
      let life = lives.get(effect.key)
      if (life === undefined) {
        life = emptyLife(effect.key)
        lives.set(effect.key, life)
        forms.set(effect.key, effect.keyIsText)
      }
      if (forms.get(effect.key) !== effect.keyIsText) life.mayBeTwo = true
      live(life, effect, operation, options)
    }
  }
  for (const life of lives.values()) {
    for (const { effect, operation } of reaching) live(life, effect, operation, options)
  }
  return lives
}

/** Whether an acknowledged operation of the kind wrote rows that have to last. */
export function hasToLast(kind: string, { kinds }: Kinds): boolean {
  return kinds === undefined ? writesRows(kind) || kindOf(kind).deed === 'cas' : kinds.includes(kind)
}

function asTold(operation: Operation, { kinds, deletes }: Kinds): Operation {
  if (deletes?.includes(operation.kind)) return { ...operation, kind: 'delete' }
  return kinds?.includes(operation.kind) && !writesRows(operation.kind) ? { ...operation, kind: 'put' } : operation
}

function emptyLife(key: string): KeyLife {
  const [latestStartMs, settledAtMs] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  return {
    key,
    writes: [],
    deletes: [],
    strangers: [],
    latestStartMs,
    settledAtMs,
    acknowledged: false,
    mayBeTwo: false,
  }
}

function live(life: KeyLife, effect: Effect, operation: Operation, options: Kinds): void {
  const act = { operation, effect, ...spanOf(operation) }
  const { deed, value, held, isPartial = false } = effect
  switch (deed) {
    case 'write':
    case 'append':
      life.writes.push({ ...act, value: deed === 'append' ? undefined : value, isPartial })
      break
    case 'add':
      // That a counter is there is no claim of rows: it may be gone and read 0.
      life.writes.push({ ...act, value: undefined, isPartial })
      if (operation.outcome === 'ok') life.settledAtMs = Math.max(life.settledAtMs, answeredAtMs(operation))
      return
    case 'cas':
      if (held === false) return
      if (value === undefined || value === null) {
        life.strangers.push(act)
        return
      }
      life.writes.push({ ...act, value, isPartial })
      if (held === undefined) return
      break
    case 'delete':
      life.deletes.push(act)
      break
    default:
      life.strangers.push(act)
      return
  }
  if (operation.outcome !== 'ok') return
  if (deed !== 'delete' && hasToLast(operation.kind, options)) life.acknowledged = true
  life.latestStartMs = Math.max(life.latestStartMs, act.startMs)
  life.settledAtMs = Math.max(life.settledAtMs, answeredAtMs(operation))
}

/**
 * Whether the operation may have come last on its key. Not if another acknowledged one began after it had ended; what
 * is undecided (`info`) may take effect at any later time.
 */
export function mayBeLast(life: KeyLife, { endMs }: Span): boolean {
  return endMs >= life.latestStartMs
}

/** Whether nobody knows what became of the key: what no checker knows may have come last, or it may be two keys. */
export function isUnknown(life: KeyLife): boolean {
  return life.mayBeTwo || life.strangers.some((each) => mayBeLast(life, each))
}

/** Whether the key must be there: an acknowledged write, and no delete that may have come last. */
export function mustBePresent(life: KeyLife): boolean {
  return life.acknowledged && !isUnknown(life) && !life.deletes.some((each) => mayBeLast(life, each))
}

/** Whether the key must be gone: an acknowledged delete, and no write that may have come last. */
export function mustBeAbsent(life: KeyLife): boolean {
  return (
    life.deletes.some(({ operation }) => operation.outcome === 'ok') &&
    !isUnknown(life) &&
    !life.writes.some((each) => mayBeLast(life, each))
  )
}

/** Sentences about keys of which nobody knows what became. */
export function doubtsOfLives(lives: Iterable<KeyLife>, table: string): string[] {
  const unknown = [...lives].filter((life) => (life.acknowledged || life.deletes.length > 0) && isUnknown(life))
  const [first] = unknown
  if (first === undefined) return []
  const kinds = [...new Set(unknown.flatMap(({ strangers }) => strangers.map(({ operation }) => operation.kind)))]
  const why = first.mayBeTwo
    ? 'the name of a number and of a text, which may be two keys'
    : `nobody knows what ${kinds.slice(0, 3).join(', ')} did`
  return [`${unknown.length} keys${table} cannot be judged (${first.key} first): ${why}`]
}
