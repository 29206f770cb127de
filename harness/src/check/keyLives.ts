import type { Operation } from '../history/operation.ts'
import { changesOf } from '../history/operation.ts'

export const writeKinds: readonly string[] = [
  'insert',
  'update',
  'upsert',
  'put',
  'write',
  'transaction',
  'append',
  'produce',
]
export const deleteKinds: readonly string[] = ['delete', 'remove']

export interface Write {
  operation: Operation
  value: unknown
}

/**
 * Everything that happened, or may have, to one key. What did not happen (`fail`) is left out.
 * Real time orders two operations only if one ended before the other began; else either may have come last.
 */
export interface KeyLife {
  key: string
  writes: Write[]
  deletes: Operation[]
  /** When the latest acknowledged operation on the key began, ms. */
  latestStartMs: number
  /** Whether any write of the key was acknowledged. */
  acknowledged: boolean
}

export interface Kinds {
  /** Kinds of operation that write rows. */
  kinds?: readonly string[]
  /** Kinds of operation that delete rows. */
  deletes?: readonly string[]
}

/** The lives of the keys of one table. */
export function keyLives(
  operations: readonly Operation[],
  table: string | undefined,
  options: Kinds = {},
): Map<string, KeyLife> {
  const writes = new Set(options.kinds ?? writeKinds)
  const deletes = new Set(options.deletes ?? deleteKinds)
  const lives = new Map<string, KeyLife>()
  for (const operation of operations) {
    if (operation.outcome === 'fail') continue
    const deletesAll = deletes.has(operation.kind)
    if (!deletesAll && !writes.has(operation.kind)) continue
    const acknowledged = operation.outcome === 'ok'
    for (const change of changesOf(operation)) {
      if ((change.table ?? operation.table) !== table || change.op === 'add') continue
      const { key, value } = change
      const isDelete = deletesAll || change.op === 'delete'
      let life = lives.get(key)
      if (life === undefined) {
        life = { key, writes: [], deletes: [], latestStartMs: Number.NEGATIVE_INFINITY, acknowledged: false }
        lives.set(key, life)
      }
      if (isDelete) life.deletes.push(operation)
      else life.writes.push({ operation, value })
      if (!acknowledged) continue
      if (!isDelete) life.acknowledged = true
      if (operation.startedAtMs > life.latestStartMs) life.latestStartMs = operation.startedAtMs
    }
  }
  return lives
}

/**
 * Whether the operation may have come last on its key. Not if another acknowledged one began after it had ended; what
 * is undecided (`info`) may take effect at any later time.
 */
export function mayBeLast(life: KeyLife, operation: Operation): boolean {
  return operation.outcome === 'info' || operation.endedAtMs >= life.latestStartMs
}

/** Whether the key must be there: an acknowledged write, and no delete that may have come last. */
export function mustBePresent(life: KeyLife): boolean {
  return life.acknowledged && !life.deletes.some((each) => mayBeLast(life, each))
}

/** Whether the key must be gone: an acknowledged delete, and no write that may have come last. */
export function mustBeAbsent(life: KeyLife): boolean {
  return (
    life.deletes.some((each) => each.outcome === 'ok') &&
    !life.writes.some(({ operation }) => mayBeLast(life, operation))
  )
}

/**
 * When the key's last acknowledged operation had ended, ms: a reading begun earlier says nothing about it.
 * One of the operations that may be last must have happened by then.
 */
export function settledAtMs(life: KeyLife): number {
  let settled = Number.NEGATIVE_INFINITY
  for (const { operation } of life.writes)
    if (operation.outcome === 'ok') settled = Math.max(settled, operation.endedAtMs)
  for (const operation of life.deletes) if (operation.outcome === 'ok') settled = Math.max(settled, operation.endedAtMs)
  return settled
}
