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
   * What was written: the row of an insert, the signed amount of an add, `{ sha256, bytes }` or the sha256 of a blob. An
   * operation that changes several rows has no key and carries `Change[]` or `{ rows: Change[] }`.
   */
  value?: unknown
  /** When an open loop meant to start it: latency counts from here. */
  intendedAtMs?: number
  startedAtMs: number
  endedAtMs: number
  outcome: Outcome
  result?: unknown
  error?: string
  /** Where a file that is no journal tells of its start and its end: the times are then positions in that file. */
  line?: { started: number; ended?: number }
}

export interface Row {
  key: string
  value?: unknown
}

/** One of several rows that an operation changes; without `op` it does what the kind of the operation says. */
export interface Change extends Row {
  op?: 'put' | 'delete' | 'add'
  /** The operation's own table if absent. */
  table?: string
}

/** The rows that an operation changes, each with its key. Empty when it names none. */
export function changesOf(operation: Operation): readonly Change[] {
  if (operation.key !== undefined) return [{ key: operation.key, value: operation.value }]
  const { value } = operation
  const listed = value !== null && typeof value === 'object' && 'rows' in value ? value.rows : value
  return Array.isArray(listed) ? listed.filter(hasKey) : []
}

/** Every table that the operation changes or asks; undefined stands for no table named. */
export function tablesOf(operation: Operation): (string | undefined)[] {
  const changes = operation.key === undefined ? changesOf(operation) : []
  if (changes.length === 0) return [operation.table]
  return [...new Set(changes.map((change) => change.table ?? operation.table))]
}

/** What names no key names no row. */
export function hasKey(item: unknown): item is { key: string } {
  return item !== null && typeof item === 'object' && 'key' in item && typeof item.key === 'string'
}
