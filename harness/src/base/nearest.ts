import { distance } from 'fastest-levenshtein'

/** The known name nearest to what was typed, or undefined when nothing is near. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((name) => ({ name, far: distance(typed.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)
  const best = ranked[0]
  return best && best.far <= Math.max(2, Math.ceil(typed.length * 0.6)) ? best.name : undefined
}
