import type { Pair } from './followed.ts'

/** Which states came right after which, over all runs. */
export interface SequenceReport {
  /** By the first state, by the one that came next, in how many runs. */
  reached: Record<string, Record<string, number>>
  /** The rest of what could have been, by the first state. */
  missed: Record<string, string[]>
  reachedCount: number
  possibleCount: number
}

/** Adds up the pairs of states that were met, of those that could be. */
export class Sequences {
  readonly #possible: readonly Pair[]
  readonly #reached = new Map<string, Map<string, number>>()

  constructor(possible: readonly Pair[]) {
    this.#possible = possible
  }

  add(pairs: readonly Pair[], runs = 1): void {
    for (const [from, to] of pairs) {
      const known = this.#reached.get(from) ?? new Map<string, number>()
      known.set(to, (known.get(to) ?? 0) + runs)
      this.#reached.set(from, known)
    }
  }

  report(): SequenceReport {
    const reached: SequenceReport['reached'] = {}
    let reachedCount = 0
    for (const [from, known] of this.#reached) {
      reached[from] = Object.fromEntries(known)
      reachedCount += known.size
    }
    const missed: SequenceReport['missed'] = {}
    let missedCount = 0
    for (const [from, to] of this.#possible) {
      if (this.#reached.get(from)?.has(to)) continue
      missedCount++
      const others = missed[from] ?? []
      others.push(to)
      missed[from] = others
    }
    return { reached, missed, reachedCount, possibleCount: reachedCount + missedCount }
  }
}

/** What never came next, among states of which both were met: first what both were met most often for, which is the least to be expected. */
export function missedPairs({ reached, missed }: SequenceReport): Pair[] {
  const met = new Map<string, number>()
  const meet = (state: string, runs: number) => met.set(state, Math.max(met.get(state) ?? 0, runs))
  for (const [from, known] of Object.entries(reached)) {
    for (const [to, runs] of Object.entries(known)) {
      meet(from, runs)
      meet(to, runs)
    }
  }
  const often = ([from, to]: Pair) => Math.min(met.get(from) ?? 0, met.get(to) ?? 0)
  return Object.entries(missed)
    .flatMap(([from, others]) => others.map((to): Pair => [from, to]))
    .filter((pair) => often(pair) > 0)
    .toSorted((a, b) => often(b) - often(a))
}

/** Of several explorations of one system: what any of them met, and what none did. */
export function mergeSequences(reports: readonly SequenceReport[]): SequenceReport {
  const possible = new Map<string, Pair>()
  for (const { missed } of reports) {
    for (const [from, others] of Object.entries(missed)) {
      for (const to of others) possible.set(`${from}\n${to}`, [from, to])
    }
  }
  const all = new Sequences([...possible.values()])
  for (const { reached } of reports) {
    for (const [from, known] of Object.entries(reached)) {
      for (const [to, runs] of Object.entries(known)) all.add([[from, to]], runs)
    }
  }
  return all.report()
}
