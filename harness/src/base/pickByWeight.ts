import type { Random } from './seed.ts'

/** One of the items, each as likely as its weight beside the sum of all. */
export function pickByWeight<T>(random: Random, weighted: readonly (readonly [T, number])[]): T {
  const last = weighted.at(-1)
  if (!last) throw new RangeError('cannot pick from an empty list')
  let at = random.fraction() * weighted.reduce((total, [, weight]) => total + weight, 0)
  for (const [item, weight] of weighted) {
    at -= weight
    if (at < 0) return item
  }
  return last[0]
}
