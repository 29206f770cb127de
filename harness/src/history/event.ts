export const eventTypes = ['fault', 'heal', 'start', 'exit', 'note', 'claim'] as const

/** What happened beside the operations: faults, process lives, notes, and claims with the time they were made. */
export interface Event {
  atMs: number
  type: (typeof eventTypes)[number]
  what: string
  /** Nodes it concerns; none means all of them. */
  targets?: string[]
  data?: unknown
}
