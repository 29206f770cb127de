import { effectsOf } from '../history/effects.ts'
import type { Operation } from '../history/operation.ts'
import { spanOf } from '../history/span.ts'
import { asTold, type OwnKinds } from './countable.ts'

/** How often an element may be there: what was appended twice may be there twice. */
export interface Written {
  /** By its own content: each such operation may have put it there once more. */
  byContent: number
  /** By its key: as often as that was acknowledged, and once for all tries that were not. */
  byKey: number
  /** Something happened of which nobody knows what it wrote. */
  unknown: boolean
}

export function writersOf(
  operations: readonly Operation[],
  table: string | undefined,
  own: OwnKinds,
): (element: unknown, atMs: number) => Written {
  const contents = new Map<string, number[]>()
  const keys = new Map<string, { startMs: number; ok: boolean }[]>()
  let unknownFromMs = Number.POSITIVE_INFINITY
  for (const operation of operations) {
    const { startMs } = spanOf(operation)
    for (const effect of effectsOf(asTold(operation, own))) {
      const { deed, reach, key } = effect
      if ((reach !== 'everything' && effect.table !== table) || deed === 'read' || deed === 'localRead') continue
      if (deed === 'delete') continue
      if (reach !== 'key' || deed === 'unknown') unknownFromMs = Math.min(unknownFromMs, startMs)
      if (deed === 'write' && key !== undefined) {
        addTo(keys, contentName(key), { startMs, ok: operation.outcome === 'ok' })
        continue
      }
      const values = Array.isArray(effect.value) ? [effect.value, ...(effect.value as unknown[])] : [effect.value]
      for (const value of values) addTo(contents, contentName(value), startMs)
    }
  }
  return (element, atMs) => {
    const key = element !== null && typeof element === 'object' && 'key' in element ? element.key : element
    const written = (keys.get(contentName(key)) ?? []).filter(({ startMs }) => startMs <= atMs)
    return {
      byContent: (contents.get(contentName(element)) ?? []).filter((startMs) => startMs <= atMs).length,
      byKey: written.length === 0 ? 0 : Math.max(1, written.filter(({ ok }) => ok).length),
      unknown: unknownFromMs <= atMs,
    }
  }
}

function addTo<Item>(lists: Map<string, Item[]>, name: string, item: Item): void {
  const known = lists.get(name)
  if (known) known.push(item)
  else lists.set(name, [item])
}

/** Equal for equal JSON, whatever the order of its fields; 1 and "1" differ. */
export function contentName(value: unknown): string {
  return JSON.stringify(value, sorted) ?? 'undefined'
}

function sorted(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
