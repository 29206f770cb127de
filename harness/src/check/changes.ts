import { type Effect, effectsOf } from '../history/effects.ts'
import { type Observation, seenUntilMs } from '../history/observation.ts'
import type { Operation } from '../history/operation.ts'
import { spanOf } from '../history/span.ts'

/** From when to when a node was seen to hold the same. */
export interface Held {
  fromMs: number
  toMs: number
}

interface Change {
  startMs: number
  endMs: number
  /** When its client stopped waiting: after that an undecided change may still land, but is under way no more. */
  leftMs: number
}

/**
 * What may have changed a table while it was read. Two nodes that differ have not converged unless something changed
 * between the two looks: it was under way, or is undecided and may have landed then.
 */
export class Changes {
  readonly #byKey = new Map<string, Change[]>()
  /** What names no key, or does what nobody knows: it may have changed any. */
  readonly #anywhere: Change[] = []
  readonly #all: Change[] = []
  readonly #remembered = new Map<string, boolean>()

  /** Of one table; without it, of all. Within a reading nobody knows when it looked: a change begun that much later may be in it. */
  constructor(operations: readonly Operation[], table: string | undefined, readings: readonly Observation[]) {
    const longestMs = readings.reduce((most, each) => Math.max(most, seenUntilMs(each) - each.atMs), 0)
    for (const operation of operations) {
      const effects = changesMadeBy(operation, table)
      if (effects.length === 0) continue
      const { startMs, endMs } = spanOf(operation)
      const left = operation.outcome === 'info' && operation.endedAtMs >= operation.startedAtMs
      const change = { startMs: startMs - longestMs, endMs, leftMs: left ? operation.endedAtMs : endMs }
      this.#all.push(change)
      for (const { reach, key } of effects) {
        if (reach !== 'key' || key === undefined) {
          this.#anywhere.push(change)
          continue
        }
        const known = this.#byKey.get(key)
        if (known) known.push(change)
        else this.#byKey.set(key, [change])
      }
    }
  }

  /** Whether some change of the key (of any, without one) may be why the two looks differ. */
  mayExplain(a: Held, b: Held, key?: string): boolean {
    const own = key === undefined ? [] : (this.#byKey.get(key) ?? [])
    const pairs = this.#looks(a, own, key).flatMap((first) => {
      return this.#looks(b, own, key).map((second) => [first, second] as const)
    })
    return pairs.every(([first, second]) => {
      if (key === undefined) return this.#explains(this.#all, 'all', first, second)
      return this.#explains(this.#anywhere, 'anywhere', first, second) || mayExplain(own, first, second)
    })
  }

  /** What was the same at both ends may have been another between them, if it may have changed and changed back. */
  #looks(held: Held, own: readonly Change[], key: string | undefined): Held[] {
    const { fromMs, toMs } = held
    if (fromMs === toMs) return [held]
    let changes = 0
    for (const list of key === undefined ? [this.#all] : [this.#anywhere, own]) {
      for (const { startMs, leftMs } of list) if (startMs <= toMs && leftMs >= fromMs && ++changes > 1) break
    }
    return changes < 2
      ? [held]
      : [
          { fromMs, toMs: fromMs },
          { fromMs: toMs, toMs },
        ]
  }

  #explains(changes: readonly Change[], which: string, a: Held, b: Held): boolean {
    const name = [which, a.fromMs, a.toMs, b.fromMs, b.toMs].join(' ')
    const known = this.#remembered.get(name) ?? mayExplain(changes, a, b)
    this.#remembered.set(name, known)
    return known
  }
}

function mayExplain(changes: readonly Change[], a: Held, b: Held): boolean {
  const firstEndMs = Math.min(a.toMs, b.toMs)
  const lastStartMs = Math.max(a.fromMs, b.fromMs)
  if (lastStartMs > firstEndMs) {
    return changes.some(({ startMs, endMs }) => startMs <= lastStartMs && endMs >= firstEndMs)
  }
  // Both held what they did at the same time: only what was under way at all of it may have been on one of them alone.
  const isCovered = (atMs: number) => changes.some(({ startMs, leftMs }) => startMs <= atMs && leftMs >= atMs)
  return isCovered(lastStartMs) && isCovered(firstEndMs)
}

/** What the operation may have changed of the table (of any, without one): all that it does but read. */
export function changesMadeBy(operation: Operation, table: string | undefined): Effect[] {
  return effectsOf(operation).filter(
    ({ deed, reach, table: own }) =>
      deed !== 'read' &&
      deed !== 'localRead' &&
      (table === undefined || reach === 'everything' || own === undefined || own === table),
  )
}
