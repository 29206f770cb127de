import type { Row } from './operation.ts'

/**
 * What one node was seen to hold. The last one of a node, table and kind is its final reading; earlier ones are judged
 * by noTornTransaction alone, and tell converges whether a digest stood still and losesNothing what was there once.
 */
export interface Observation {
  /** When the reading BEGAN: what was acknowledged later need not be in it. */
  atMs: number
  /** When its answer came: what was invoked later cannot be in it. As when it began where that is not told. */
  endedAtMs?: number
  node: string
  what: ObservedKind
  table?: string
  value: unknown
}

/** Until when what was invoked may be in the reading. */
export function seenUntilMs({ atMs, endedAtMs }: Pick<Observation, 'atMs' | 'endedAtMs'>): number {
  return endedAtMs !== undefined && endedAtMs > atMs ? endedAtMs : atMs
}

/** The shape of `value` by kind. Other kinds may be recorded; no checker reads them. */
export interface ObservedValues {
  /** One snapshot of the table. A row without a value says only that its key is there. */
  rows: Row[]
  /** Equal on two nodes exactly when they hold the same. */
  digest: string | Record<string, unknown>
  /** One counter, or counters by key. */
  counter: number | Record<string, number>
  blobs: Blob[]
  /** Rows that the node says it has, for systems that count apart from listing. */
  count: number
  /** Members of a list or log, each of which was written once. */
  elements: unknown[]
  /** By transaction, how many of its rows the node shows: a short form of rows for noTornTransaction. */
  transactions: Record<string, { rows: number; size: number }>
}

export type ObservedKind = keyof ObservedValues | (string & {})

/** The content of a blob as read back; a blob that cannot be read has an error in place of the rest. */
export interface Blob {
  key: string
  sha256?: string
  bytes?: number
  error?: string
}
