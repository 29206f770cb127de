import type { Random } from '@breakwater/harness'

/** A vector that is drawn from the seed; any two are far from parallel. */
export function drawVector(random: Random, dimensions: number): Float32Array {
  return Float32Array.from({ length: dimensions }, () => random.integer(-1_000, 1_000) / 1_000)
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, lengthA, lengthB] = [0, 0, 0]
  for (const [at, value] of a.entries()) {
    const other = b[at] ?? 0
    product += value * other
    lengthA += value * value
    lengthB += other * other
  }
  return product / Math.sqrt(lengthA * lengthB)
}

/** The ids of the nearest vectors, found by looking at all of them. */
export function nearest(vectors: ReadonlyMap<string, Float32Array>, to: Float32Array, k: number): string[] {
  return [...vectors]
    .map(([id, vector]) => ({ id, score: cosine(vector, to) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, k)
    .map(({ id }) => id)
}

/** Which part of the true nearest was found, 0 to 1. */
export function recall(found: readonly string[], truth: readonly string[]): number {
  return truth.length === 0 ? 1 : truth.filter((id) => found.includes(id)).length / truth.length
}

/** The same for vectors of length 1, of which there may be many. */
export function nearestOf(vectors: ReadonlyMap<string, Float32Array>, to: Float32Array, k: number): string[] {
  const best: { id: string; score: number }[] = []
  for (const [id, vector] of vectors) {
    let score = 0
    for (let at = 0; at < to.length; at++) score += vector[at]! * to[at]!
    if (best.length === k && score <= best[k - 1]!.score) continue
    const at = best.findIndex((other) => other.score < score)
    best.splice(at < 0 ? best.length : at, 0, { id, score })
    best.length = Math.min(best.length, k)
  }
  return best.map(({ id }) => id)
}
