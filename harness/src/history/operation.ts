import { keyName } from './keyName.ts'

/** `ok` happened, `fail` did not happen, `info`: nobody can know. When unsure, `info`. */
export type Outcome = 'ok' | 'fail' | 'info'

/**
 * One thing a client asked of the system, and how it ended. Times are ms since the epoch, by one clock. While it is under way it
 * is `info` and its end Infinity: the system may have done it already, and no order follows from an end that never came.
 */
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
  /** Infinity while it is under way, and for good where its runner was killed. */
  endedAtMs: number
  outcome: Outcome
  /** What was answered. */
  result?: unknown
  /** What was said of an end that was not ok. Of one that was: why its result could not be kept, which is then not known. */
  error?: string
  /** Where a file that is no journal tells of its start and its end: the times are then positions in that file. */
  line?: { started: number; ended?: number }
}

/** What was asked, before anybody knows how it ends. */
export type Invocation = Omit<Operation, 'endedAtMs' | 'outcome' | 'result' | 'error' | 'line'>

/** How the operation of that id ended. */
export type OperationEnd = Pick<Operation, 'id' | 'endedAtMs' | 'outcome' | 'result' | 'error'>

/** What it was before it ended, too. */
export function underWay(invocation: Invocation & Partial<Operation>): Operation {
  const { result: _, error: __, ...asked } = invocation
  return { ...asked, endedAtMs: Number.POSITIVE_INFINITY, outcome: 'info' }
}

/** Its end never came, or has not come yet. */
export function isUnderWay({ endedAtMs }: Pick<Operation, 'endedAtMs'>): boolean {
  return endedAtMs === Number.POSITIVE_INFINITY
}

/** The last time at which it is known to have been: its end, or its start if it is under way. */
export function lastSeenAtMs({ startedAtMs, endedAtMs }: Pick<Operation, 'startedAtMs' | 'endedAtMs'>): number {
  return endedAtMs === Number.POSITIVE_INFINITY ? startedAtMs : endedAtMs
}

/** False where a call was acknowledged and its answer could not be kept: what it read is then not known. */
export function isResultKnown({ outcome, error }: Pick<Operation, 'outcome' | 'error'>): boolean {
  return outcome === 'ok' && error === undefined
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

/** The rows that an operation changes, each with the name of its key. Empty when it names none. */
export function changesOf(operation: Operation): readonly Change[] {
  const own = keyName(operation.key)
  if (own !== undefined) return [{ key: own, value: operation.value }]
  const { value } = operation
  const listed = value !== null && typeof value === 'object' && 'rows' in value ? value.rows : value
  return Array.isArray(listed) ? keyedIn<Change>(listed) : []
}

/** Every table that the operation changes or asks; undefined stands for no table named. */
export function tablesOf(operation: Operation): (string | undefined)[] {
  const changes = operation.key === undefined ? changesOf(operation) : []
  if (changes.length === 0) return [operation.table]
  return [...new Set(changes.map((change) => change.table ?? operation.table))]
}

/** Those of a list that have a key, by its name. What names no key names no row. */
export function keyedIn<Item extends { key: string }>(list: readonly unknown[]): readonly Item[] {
  return list.flatMap((item) => {
    if (item === null || typeof item !== 'object' || !('key' in item)) return []
    if (typeof item.key === 'string') return [item as Item]
    const key = keyName(item.key)
    return key === undefined ? [] : [{ ...item, key } as Item]
  })
}
