import { median } from '../base/median.ts'

/**
 * Deals guards out to so many shards that take about as long as each other: the longest first, each to the shard that has the
 * least so far. A guard that was never timed counts as the median of the others. The same for everybody who asks.
 */
export function dealOut<T extends { id: string }>(
  guards: readonly T[],
  durationsMs: Readonly<Record<string, number>>,
  count: number,
): T[][] {
  const typicalMs = median(guards.flatMap(({ id }) => durationsMs[id] ?? [])) || 1
  const shards = Array.from({ length: count }, () => ({ guards: [] as T[], ms: 0 }))
  const timed = guards.map((guard) => ({ guard, ms: durationsMs[guard.id] ?? typicalMs }))
  for (const { guard, ms } of timed.toSorted((a, b) => b.ms - a.ms || compareIds(a.guard, b.guard))) {
    const least = shards.reduce((best, shard) => (shard.ms < best.ms ? shard : best))
    least.guards.push(guard)
    least.ms += ms
  }
  return shards.map((shard) => shard.guards.sort(compareIds))
}

function compareIds(a: { id: string }, b: { id: string }): number {
  return a.id.localeCompare(b.id, 'en', { numeric: true })
}
