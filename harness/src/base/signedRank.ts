/**
 * The middle of paired differences and an interval that holds it, by the signed ranks of Wilcoxon (Hodges and Lehmann): exact for
 * any number of pairs, asks for no normal distribution, and one wild pair moves neither much.
 */
export interface SignedRankInterval {
  estimate: number
  low: number
  high: number
}

/** Undefined where there are too few differences for that confidence: below 6 at 95 %. */
export function signedRankInterval(differences: readonly number[], confidence = 0.95): SignedRankInterval | undefined {
  const cut = mostRankSum(differences.length, (1 - confidence) / 2)
  if (cut === undefined) return undefined
  const averages = walshAverages(differences)
  const last = averages.length - 1
  return { estimate: medianOf(averages), low: averages[cut]!, high: averages[last - cut]! }
}

/** The means of all pairs of values, each with itself included, ascending. */
function walshAverages(values: readonly number[]): number[] {
  const averages: number[] = []
  values.forEach((one, at) => {
    for (const other of values.slice(at)) averages.push((one + other) / 2)
  })
  return averages.sort((a, b) => a - b)
}

/** The greatest rank sum whose lower tail is at most alpha, when signs are a coin's. Undefined when even 0 is likelier than that. */
function mostRankSum(count: number, alpha: number): number | undefined {
  /** By rank sum, the share of the 2^count ways of giving signs. */
  let shares = [1]
  for (let rank = 1; rank <= count; rank++) {
    const next = new Array<number>(shares.length + rank).fill(0)
    shares.forEach((share, sum) => {
      next[sum]! += share / 2
      next[sum + rank]! += share / 2
    })
    shares = next
  }
  let tail = 0
  let most: number | undefined
  for (let sum = 0; sum < shares.length; sum++) {
    tail += shares[sum]!
    if (tail > alpha) break
    most = sum
  }
  return most
}

function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
