import type { Cluster } from '../cluster/cluster.ts'
import type { FamilyName } from '../nemesis/schedule.ts'
import type { LogReader } from '../probe/logReader.ts'
import { type Followed, FollowedStates } from './followed.ts'
import { linesOf, restarted, type States } from './states.ts'

/** A fault counts for what is logged so long after its heal, ms: reconnects, copies, repairs. */
const aftermathMs = 750
const everyMs = 40

/** Watches the nodes' logs for lines that name a state, and notes which families of faults were open at the time, and what came after what. */
export class Sightings {
  readonly #cluster: Cluster<never>
  readonly #states: readonly (readonly [string, RegExp])[]
  readonly #open: () => readonly FamilyName[]
  /** Each with the way to stop following it. */
  readonly #followed = new Map<LogReader, () => void>()
  readonly #lastOpenMs = new Map<FamilyName, number>()
  readonly #seen = new Map<string, Set<FamilyName>>()
  readonly #inOrder = new FollowedStates()
  readonly #timer: NodeJS.Timeout

  constructor(cluster: Cluster<never>, states: States, open: () => readonly FamilyName[]) {
    this.#cluster = cluster
    this.#states = Object.entries(linesOf(states))
    this.#open = open
    this.#timer = setInterval(() => this.look(), everyMs)
  }

  look(): void {
    const now = performance.now()
    for (const family of this.#open()) this.#lastOpenMs.set(family, now)
    for (const { name, log } of this.#cluster.nodes) {
      let before: LogReader | undefined
      for (const reader of log.incarnations) {
        if (!this.#followed.has(reader)) {
          // The last words of the life before come first.
          before?.refresh()
          if (before) this.#inOrder.see(name, restarted)
          this.#follow(reader, name)
        }
        before = reader
      }
    }
  }

  /** Follows first and looks back then, all in one turn: no line falls between the two. */
  #follow(reader: LogReader, node: string): void {
    const take = (line: string) => this.#take(line, node)
    this.#followed.set(reader, reader.onLine(take))
    for (const line of reader.lines()) take(line)
  }

  #take(line: string, node: string): void {
    for (const [state, pattern] of this.#states) {
      if (line.search(pattern) < 0) continue
      this.#inOrder.see(node, state)
      const now = performance.now()
      const families = this.#seen.get(state) ?? new Set()
      for (const family of this.#open()) families.add(family)
      for (const [family, atMs] of this.#lastOpenMs) if (now - atMs <= aftermathMs) families.add(family)
      this.#seen.set(state, families)
    }
  }

  /** By state, the families under which it was seen; a state that was seen in quiet times has none. */
  end(): Map<string, FamilyName[]> {
    clearInterval(this.#timer)
    this.look()
    for (const [reader, stop] of this.#followed) {
      reader.refresh()
      stop()
    }
    return new Map([...this.#seen].map(([state, families]) => [state, [...families]]))
  }

  /** Which states came next after which, so far. */
  get followed(): Followed {
    return this.#inOrder.pairs
  }
}
