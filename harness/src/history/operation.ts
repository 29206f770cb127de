/** `ok` happened, `fail` did not happen, `info`: nobody can know. When unsure, `info`. */
export type Outcome = 'ok' | 'fail' | 'info'

/** One thing a client asked of the system, and how it ended. Times are ms since the epoch, by one clock. */
export interface Operation {
  id: number
  /** The client that asked: 'c1'. One client has at most one operation under way. */
  client: string
  /** The node that was asked: 'n1'. */
  node: string
  /** insert, update, upsert, put, delete, read, add, transaction … Checkers choose by it. */
  kind: string
  table?: string
  key?: string
  /**
   * What was written: the row of an insert, the signed amount of an add, `{ sha256, bytes }` of a blob. An operation
   * that writes several rows has no key and carries them as `{ rows: Row[] }`.
   */
  value?: unknown
  /** When an open loop meant to start it: latency counts from here. */
  intendedAtMs?: number
  startedAtMs: number
  endedAtMs: number
  outcome: Outcome
  result?: unknown
  error?: string
}

export interface Row {
  key: string
  value?: unknown
}

/** The rows that an operation writes or deletes, each with its key. Empty when it names none. */
export function rowsOf(operation: Operation): readonly Row[] {
  if (operation.key !== undefined) return [{ key: operation.key, value: operation.value }]
  const { value } = operation
  if (Array.isArray(value)) return value as Row[]
  if (value !== null && typeof value === 'object' && 'rows' in value && Array.isArray(value.rows)) return value.rows
  return []
}
