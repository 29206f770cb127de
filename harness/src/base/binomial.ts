/**
 * Exact tails of the binomial distribution. The one term that everything starts from is Loader's saddle-point form ("Fast and
 * accurate computation of binomial probabilities", 2000), which keeps 14 digits where products of factorials overflow; the
 * rest follows by the ratio of neighbouring terms, always away from the mode, so that every step makes the term smaller.
 */

/** P(X <= k) for X of n trials that each come true with probability p. */
export function atMost(k: number, n: number, p: number): number {
  demandTrials(n, p)
  if (k < 0) return 0
  if (k >= n) return 1
  return k < n * p ? sumDown(k, n, p) : 1 - sumUp(k + 1, n, p)
}

/** P(X >= k). */
export function atLeast(k: number, n: number, p: number): number {
  demandTrials(n, p)
  if (k <= 0) return 1
  if (k > n) return 0
  return k > n * p ? sumUp(k, n, p) : 1 - sumDown(k - 1, n, p)
}

/** The most that chance alone explains: one more would have a probability below `alpha`. */
export function mostByChance(n: number, p: number, alpha: number): number {
  let least = Math.floor(n * p)
  let most = n + 1
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2)
    if (atLeast(middle, n, p) < alpha) most = middle
    else least = middle
  }
  return least
}

/** Between which probabilities the true one lies, by k of n (Clopper and Pearson); outside with a probability of at most `alpha`. */
export function intervalOf(k: number, n: number, alpha = 0.05): [low: number, high: number] {
  if (n === 0) return [0, 1]
  const low = k === 0 ? 0 : rootOf((p) => atLeast(k, n, p) - alpha / 2)
  const high = k === n ? 1 : rootOf((p) => alpha / 2 - atMost(k, n, p))
  return [low, high]
}

/** Where a function that rises over 0 to 1 is 0, to nine digits. */
function rootOf(rising: (p: number) => number): number {
  let [low, high] = [0, 1]
  for (let halved = 0; halved < 30; halved++) {
    const middle = (low + high) / 2
    if (rising(middle) < 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}

function demandTrials(n: number, p: number): void {
  if (!Number.isInteger(n) || n < 0) throw new RangeError(`there cannot be ${n} trials`)
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a probability lies from 0 to 1, not at ${p}`)
}

const negligible = 1e-18

function sumUp(from: number, n: number, p: number): number {
  let term = termOf(from, n, p)
  let sum = term
  for (let i = from; i < n && term > sum * negligible; i++) {
    term *= ((n - i) / (i + 1)) * (p / (1 - p))
    sum += term
  }
  return Math.min(sum, 1)
}

function sumDown(from: number, n: number, p: number): number {
  let term = termOf(from, n, p)
  let sum = term
  for (let i = from; i > 0 && term > sum * negligible; i--) {
    term *= (i / (n - i + 1)) * ((1 - p) / p)
    sum += term
  }
  return Math.min(sum, 1)
}

/** P(X = k). */
function termOf(k: number, n: number, p: number): number {
  if (p === 0) return k === 0 ? 1 : 0
  if (p === 1) return k === n ? 1 : 0
  if (k === 0) return Math.exp(n * Math.log1p(-p))
  if (k === n) return Math.exp(n * Math.log(p))
  const logarithm =
    stirlingError(n) -
    stirlingError(k) -
    stirlingError(n - k) -
    deviance(k, n * p) -
    deviance(n - k, n * (1 - p)) +
    0.5 * Math.log(n / (2 * Math.PI * k * (n - k)))
  return Math.exp(logarithm)
}

/** log(n!) less Stirling's formula for it. The series is good to 1e-15 from 16 on; below, factorials are exact. */
function stirlingError(n: number): number {
  if (n < 16) {
    let factorial = 1
    for (let i = 2; i <= n; i++) factorial *= i
    return Math.log(factorial) - 0.5 * Math.log(2 * Math.PI * n) - n * Math.log(n) + n
  }
  const square = n * n
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n
}

/** x log(x / mean) + mean - x, without the loss of digits where the two are close. */
function deviance(x: number, mean: number): number {
  const difference = x - mean
  if (Math.abs(difference) >= 0.1 * (x + mean)) return x * Math.log(x / mean) + mean - x
  const ratio = difference / (x + mean)
  let sum = difference * ratio
  let power = 2 * x * ratio
  for (let i = 1; i < 1_000; i++) {
    power *= ratio * ratio
    const next = sum + power / (2 * i + 1)
    if (next === sum) break
    sum = next
  }
  return sum
}
