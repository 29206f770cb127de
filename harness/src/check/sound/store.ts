import type { Change, Operation, Row } from '../../history/operation.ts'
import { addedTo, isRecord } from './values.ts'

export type Contents = Map<string, Map<string, unknown>>

/** What a system answers; `refused` is an error that changed nothing. */
export type Answer = { refused: true } | { result?: unknown }

const refused = { refused: true } as const

/**
 * For tests: a correct store. Every operation is one step, and does what its name says; it is written apart from the table of
 * kinds, so that a mistake there is none here.
 */
export class Store {
  readonly tables: Contents = new Map()
  readonly lists = new Map<string, unknown[]>()

  table(name: string): Map<string, unknown> {
    const table = this.tables.get(name) ?? new Map<string, unknown>()
    this.tables.set(name, table)
    return table
  }

  list(name: string): unknown[] {
    const list = this.lists.get(name) ?? []
    this.lists.set(name, list)
    return list
  }

  apply({ kind, table: name = '', key, value }: Pick<Operation, 'kind' | 'table' | 'key' | 'value'>): Answer {
    const table = this.table(name)
    if (key === undefined) return this.#wholesale(kind, name, value)
    const held = table.get(key)
    switch (kind) {
      case 'read':
      case 'get':
      case 'localRead':
        return { result: held ?? null }
      case 'put':
      case 'set':
      case 'upsert':
      case 'putBlob':
        table.set(key, value)
        return {}
      case 'update':
        if (!isRecord(held) || !isRecord(value)) return refused
        table.set(key, { ...held, ...value })
        return {}
      case 'putIfAbsent':
        if (held !== undefined) return { result: false }
        table.set(key, value)
        return { result: true }
      case 'cas': {
        const [expected, written] = value as [unknown, unknown]
        if (JSON.stringify(held ?? null) !== JSON.stringify(expected)) return { result: false }
        table.set(key, written)
        return {}
      }
      case 'append':
        if (held !== undefined && typeof held !== 'string') return refused
        table.set(key, `${held ?? ''}${value}`)
        return {}
      case 'add':
      case 'increment':
      case 'decrement':
      case 'addAndGet':
      case 'getAndAdd': {
        const sum = addedTo(held, (value ?? 1) as number | string, kind === 'decrement')
        if (sum === undefined) return refused
        table.set(key, sum)
        return kind === 'addAndGet' ? { result: sum } : kind === 'getAndAdd' ? { result: held ?? 0 } : {}
      }
      case 'delete':
        table.delete(key)
        return {}
      default:
        // Nobody else knows: it writes, deletes, or does nothing, as its name has it.
        if (kind === 'reset') table.set(key, 0)
        else if (kind === 'expire') table.delete(key)
        else if (kind === 'scramble') table.set(key, 'scrambled')
        return {}
    }
  }

  #wholesale(kind: string, name: string, value: unknown): Answer {
    const table = this.table(name)
    if (kind === 'clear' || kind === 'truncate') table.clear()
    else if (kind === 'wipe') for (const each of this.tables.values()) each.clear()
    else if (kind === 'append' || kind === 'produce') this.list(name).push(value)
    else if (kind === 'transaction' || kind === 'putRows') {
      for (const change of (value as { rows: Change[] }).rows) {
        const own = this.table(change.table ?? name)
        if (change.op === 'delete') own.delete(change.key)
        else if (change.op === 'add') own.set(change.key, addedTo(own.get(change.key), change.value as number, false))
        else own.set(change.key, change.value)
      }
    }
    return {}
  }

  rows(name: string): Row[] {
    return [...this.table(name)].map(([key, value]) => ({ key, value }))
  }
}
