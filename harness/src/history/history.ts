import { mayTouch } from './effects.ts'
import type { Event } from './event.ts'
import type { Observation, ObservedKind } from './observation.ts'
import { isUnderWay, type Operation, type Outcome, tablesOf } from './operation.ts'

export interface HistoryHeader {
  /** 2: invocations and outcomes are lines of their own. In 1 there was one line for each operation, when it had ended. */
  version: 1 | 2
  seed?: number
  guard?: string
}

/** Everything recorded about one guard, as plain data: a checker needs nothing else. */
export class History {
  /** In the order of their invocations; those of a journal of version 1 in the order of their ends. */
  readonly operations: Operation[]
  readonly events: Event[]
  readonly observations: Observation[]
  readonly header: HistoryHeader
  /** False when the journal has no end line: the runner was killed, and more may have happened than is here. */
  readonly complete: boolean

  constructor(parts: Partial<Pick<History, 'operations' | 'events' | 'observations' | 'header' | 'complete'>> = {}) {
    this.operations = parts.operations ?? []
    this.events = parts.events ?? []
    this.observations = parts.observations ?? []
    this.header = parts.header ?? { version: 2 }
    this.complete = parts.complete ?? true
  }

  acknowledged(kind?: string): Operation[] {
    return this.ended('ok', kind)
  }

  /** By outcome. What is under way is `info`. */
  ended(outcome: Outcome, kind?: string): Operation[] {
    return this.operations.filter((each) => each.outcome === outcome && (kind === undefined || each.kind === kind))
  }

  /** What has been invoked and has not ended. */
  underWay(): Operation[] {
    return this.operations.filter(isUnderWay)
  }

  /**
   * The part of the history that concerns one table (undefined: what names no table), with what may have touched every
   * table. Events stay.
   */
  of(table: string | undefined): History {
    return new History({
      operations: this.operations.filter((each) => tablesOf(each).includes(table) || mayTouch(each, table)),
      observations: this.observations.filter((each) => each.table === table),
      events: this.events,
      header: this.header,
      complete: this.complete,
    })
  }

  /** Every table that an operation or observation names, and undefined if one names none. */
  tables(): (string | undefined)[] {
    const tables = new Set<string | undefined>()
    for (const operation of this.operations) for (const table of tablesOf(operation)) tables.add(table)
    for (const { table } of this.observations) tables.add(table)
    return [...tables]
  }

  /** Every node that was asked or observed, in the order of its number. */
  nodes(): string[] {
    const nodes = new Set<string>()
    for (const { node } of this.operations) nodes.add(node)
    for (const { node } of this.observations) nodes.add(node)
    return [...nodes].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  }

  /** The last reading of one kind on each node. Give `of(table)` first when there are several tables. */
  finals(what: ObservedKind): Map<string, Observation> {
    const finals = new Map<string, Observation>()
    for (const observation of this.observations) {
      if (observation.what !== what) continue
      const last = finals.get(observation.node)
      if (last === undefined || observation.atMs >= last.atMs) finals.set(observation.node, observation)
    }
    return finals
  }
}
