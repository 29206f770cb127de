import type { Operation } from '../../history/operation.ts'

/**
 * For tests: whether an order exists, by trying every one. Slow, and shares nothing with the search but the meaning of
 * the operations, which it has in its own words.
 */
export function hasOrder(operations: readonly Operation[]): boolean {
  return extend(
    operations.filter((each) => each.outcome !== 'fail'),
    undefined,
  )
}

function extend(rest: readonly Operation[], held: unknown): boolean {
  const required = rest.filter((each) => each.outcome === 'ok')
  if (required.length === 0) return true
  const earliestEnd = Math.min(...required.map((each) => each.endedAtMs))
  return rest.some((next) => {
    if (next.startedAtMs > earliestEnd) return false
    return heldAfter(next, held).some((after) =>
      extend(
        rest.filter((each) => each !== next),
        after,
      ),
    )
  })
}

/** What the key may hold afterwards: nothing listed means that the answer was wrong. */
function heldAfter({ kind, value, result, outcome }: Operation, held: unknown): unknown[] {
  const known = outcome === 'ok'
  switch (kind) {
    case 'read':
      return !known || result === held ? [held] : []
    case 'write':
      return [value]
    case 'delete':
      return [undefined]
    case 'append':
      if (held !== undefined && typeof held !== 'string') return []
      return [`${held ?? ''}${value}`]
    case 'add': {
      if (held !== undefined && typeof held !== 'number') return []
      const sum = (held ?? 0) + Number(value)
      return known && result !== undefined && result !== sum ? [] : [sum]
    }
    default: {
      const [expected, written] = value as [unknown, unknown]
      const holds = expected === held
      if (known && holds !== (result !== false)) return []
      return [holds ? written : held]
    }
  }
}
