/** So many partial sums are looked at before it is given up: about a second. */
const mostSteps = 2_000_000

/**
 * Whether some of the amounts, each at most once, make the sum. Undefined when there are too many to tell. Equal amounts are
 * taken together (1, 2, 4 … of them), and partial sums from which the rest cannot lead to the sum are dropped.
 */
export function makesSum(amounts: readonly bigint[], sum: bigint): boolean | undefined {
  const pieces = piecesOf(amounts)
  let [below, above] = [0n, 0n]
  for (const piece of pieces) {
    if (piece < 0n) below += piece
    else above += piece
  }
  if (sum < below || sum > above) return false
  let sums = new Set<bigint>([0n])
  let steps = 0
  for (const piece of pieces) {
    if (sums.has(sum)) return true
    if (piece < 0n) below -= piece
    else above -= piece
    const next = new Set<bigint>()
    for (const each of sums) {
      if (++steps > mostSteps) return undefined
      for (const made of [each, each + piece]) {
        if (made + below <= sum && made + above >= sum) next.add(made)
      }
    }
    sums = next
  }
  return sums.has(sum)
}

/** The largest first: they leave the fewest partial sums. */
function piecesOf(amounts: readonly bigint[]): bigint[] {
  const counts = new Map<bigint, number>()
  for (const amount of amounts) if (amount !== 0n) counts.set(amount, (counts.get(amount) ?? 0) + 1)
  const pieces: bigint[] = []
  for (const [amount, count] of counts) {
    let rest = count
    for (let size = 1; rest > 0; size *= 2) {
      const taken = Math.min(size, rest)
      pieces.push(amount * BigInt(taken))
      rest -= taken
    }
  }
  const size = (units: bigint) => (units < 0n ? -units : units)
  return pieces.sort((a, b) => (size(b) > size(a) ? 1 : size(b) < size(a) ? -1 : 0))
}
