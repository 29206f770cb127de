import { type Effect, effectsOf } from '../history/effects.ts'
import type { Operation } from '../history/operation.ts'
import { kindOf } from '../history/operationKinds.ts'
import { spanOf } from '../history/span.ts'
import { contentName } from './writtenElements.ts'

/** The transaction that a row says it is of, by a name in which 1 and "1" differ; undefined where it says none. */
export function transactionOf(value: unknown): { name: string; shown: string; size: unknown } | undefined {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, 'transaction')) return undefined
  const { transaction, size } = value as { transaction?: unknown; size?: unknown }
  if (transaction === undefined || transaction === null) return undefined
  return { name: contentName(transaction), shown: String(transaction), size }
}

export interface WrittenTransaction {
  keys: Set<string>
  tables: Set<string | undefined>
  /** Every try of it failed: none of its rows may ever be seen. */
  aborted: boolean
}

/** What a history tells of its transactions, and what else may have taken a row of one away. */
export class TransactionsWritten {
  readonly #byName = new Map<string, WrittenTransaction>()
  /** By key: when something first touched it that was of this transaction (undefined: of none). */
  readonly #touches = new Map<string, Map<string | undefined, number>>()
  /** By table: when something first met all of it; of no name: all tables. */
  readonly #wholeFromMs = new Map<string, number>()

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      const failed = operation.outcome === 'fail'
      const { startMs } = spanOf(operation)
      const told = transactionOf(operation.value)
      if (told) this.#add(told.name, undefined, failed)
      for (const effect of effectsOf(failed ? { ...operation, outcome: 'info' } : operation)) {
        const own = transactionOf(effect.value)
        if (own) this.#add(own.name, effect, failed)
        if (failed || effect.deed === 'read' || effect.deed === 'localRead') continue
        // A transaction that does not say what it wrote is one of those that are judged.
        const isUntold = effect.reach !== 'key' && kindOf(operation.kind).isTransaction
        if (effect.reach === 'key' && effect.key !== undefined) this.#touch(effect, own?.name, startMs)
        else if (!isUntold) {
          const place = effect.reach === 'everything' ? everywhere : placeOf(effect.table, '')
          this.#wholeFromMs.set(place, Math.min(startMs, this.#wholeFromMs.get(place) ?? startMs))
        }
      }
    }
  }

  named(name: string): WrittenTransaction | undefined {
    return this.#byName.get(name)
  }

  /** Whether something else may have overwritten or removed a row of it that a reading does not show. */
  mayLack(name: string, shown: ReadonlySet<string>, table: string | undefined, atMs: number): boolean {
    for (const place of [everywhere, placeOf(table, '')]) {
      if ((this.#wholeFromMs.get(place) ?? Number.POSITIVE_INFINITY) <= atMs) return true
    }
    const written = this.#byName.get(name)
    if (written === undefined) return false
    return [...written.keys].some((key) => {
      if (shown.has(key)) return false
      const touches = this.#touches.get(placeOf(table, key)) ?? []
      return [...touches].some(([other, fromMs]) => other !== name && fromMs <= atMs)
    })
  }

  #add(name: string, effect: Effect | undefined, failed: boolean): void {
    const known = this.#byName.get(name) ?? { keys: new Set(), tables: new Set(), aborted: true }
    this.#byName.set(name, known)
    if (effect?.key !== undefined) {
      known.keys.add(effect.key)
      known.tables.add(effect.table)
    }
    if (!failed) known.aborted = false
  }

  #touch({ table, key = '' }: Effect, name: string | undefined, startMs: number): void {
    const place = placeOf(table, key)
    const touches = this.#touches.get(place) ?? new Map<string | undefined, number>()
    this.#touches.set(place, touches)
    touches.set(name, Math.min(startMs, touches.get(name) ?? startMs))
  }
}

const everywhere = ''

function placeOf(table: string | undefined, key: string): string {
  return JSON.stringify([table, key])
}
