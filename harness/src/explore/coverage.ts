import type { FamilyName } from '../nemesis/schedule.ts'
import type { Pair } from './followed.ts'
import type { RunOutcome } from './runOutcome.ts'
import { type SequenceReport, Sequences } from './sequences.ts'
import { canMeet, canReach, restarted, type States } from './states.ts'

/** Which faults met which workloads in which states, and which states came after which, over all runs. */
export interface CoverageReport {
  families: Record<string, { opened: number; withoutEffect: number; notOpened: number }>
  workloads: Record<string, number>
  /** By state, by workload, the families that were open (or just healed) when a node logged it. */
  reached: Record<string, Record<string, FamilyName[]>>
  /** The rest of what could have been reached, in the same order. */
  missed: Record<string, Record<string, FamilyName[]>>
  /** Combinations of state, workload and family seen, of those that could have been. */
  reachedCount: number
  possibleCount: number
  /** The next state of one node, and the next one in the cluster where that was of another node. */
  sequences: { onNode: SequenceReport; acrossNodes: SequenceReport }
  /** States met where the system says that they cannot be, as "state in workload": what it says is wrong. */
  undeclared: string[]
  never: {
    families: FamilyName[]
    workloads: string[]
    states: string[]
    /** State under fault, in no workload. */
    pairs: string[]
  }
}

export interface Coverable {
  /** What is drawn in each workload. */
  workloads: Readonly<Record<string, readonly FamilyName[]>>
  states: States
  /** There is more than one node. */
  several: boolean
}

/** Adds up what an exploration has met, and what it never met of what it could. */
export class Coverage {
  readonly #all: Coverable
  readonly #played = new Map<FamilyName, { opened: number; withoutEffect: number; notOpened: number }>()
  readonly #runs = new Map<string, number>()
  readonly #reached = new Map<string, Map<string, Set<FamilyName>>>()
  readonly #onNode: Sequences
  readonly #acrossNodes: Sequences

  constructor(all: Coverable) {
    this.#all = all
    const possible = possiblePairs(all)
    this.#onNode = new Sequences(possible)
    this.#acrossNodes = new Sequences(all.several ? possible : [])
  }

  add({ plan, played, seen, followed }: Pick<RunOutcome, 'plan' | 'played' | 'seen' | 'followed'>): void {
    this.#runs.set(plan.workload, (this.#runs.get(plan.workload) ?? 0) + 1)
    for (const { family, outcome } of played) {
      const counts = this.#played.get(family) ?? { opened: 0, withoutEffect: 0, notOpened: 0 }
      if (outcome === 'notOpened') counts.notOpened++
      else counts.opened++
      if (outcome === 'withoutEffect') counts.withoutEffect++
      this.#played.set(family, counts)
    }
    for (const [state, families] of seen) {
      const byWorkload = this.#reached.get(state) ?? new Map<string, Set<FamilyName>>()
      const known = byWorkload.get(plan.workload) ?? new Set()
      for (const family of families) known.add(family)
      byWorkload.set(plan.workload, known)
      this.#reached.set(state, byWorkload)
    }
    this.#onNode.add(followed.onNode)
    this.#acrossNodes.add(followed.acrossNodes)
  }

  report(): CoverageReport {
    const { workloads, states } = this.#all
    const reached: CoverageReport['reached'] = {}
    const undeclared: string[] = []
    for (const [state, byWorkload] of this.#reached) {
      const own: Record<string, FamilyName[]> = {}
      for (const [workload, families] of byWorkload) {
        own[workload] = [...families]
        if (!canReach(states, state, workload)) undeclared.push(`${state} in ${workload}`)
      }
      reached[state] = own
    }
    const missed: CoverageReport['missed'] = {}
    for (const state of Object.keys(states)) {
      const own: Record<string, FamilyName[]> = {}
      for (const [workload, families] of Object.entries(workloads)) {
        if (!canReach(states, state, workload)) continue
        const known = this.#reached.get(state)?.get(workload)
        own[workload] = families.filter((family) => canMeet(states, state, family) && !known?.has(family))
      }
      if (Object.keys(own).length > 0) missed[state] = own
    }
    return {
      families: Object.fromEntries(this.#played),
      workloads: Object.fromEntries(this.#runs),
      reached,
      missed,
      ...countsOf(reached, missed),
      sequences: { onNode: this.#onNode.report(), acrossNodes: this.#acrossNodes.report() },
      undeclared,
      never: neverOf({
        families: Object.fromEntries(this.#played),
        drawn: [...new Set(Object.values(workloads).flat())],
        runs: Object.fromEntries(this.#runs),
        workloads: Object.keys(workloads),
        reached,
        missed,
      }),
    }
  }
}

/** Two states can follow one another if some workload can lead to both. */
function possiblePairs({ workloads, states }: Coverable): Pair[] {
  const pairs = new Map<string, Pair>()
  for (const workload of Object.keys(workloads)) {
    const own = [...Object.keys(states).filter((state) => canReach(states, state, workload)), restarted]
    for (const from of own) for (const to of own) pairs.set(`${from}\n${to}`, [from, to])
  }
  return [...pairs.values()]
}

type Cells = CoverageReport['reached']

export function countsOf(reached: Cells, missed: Cells): { reachedCount: number; possibleCount: number } {
  const count = (cells: Cells) =>
    Object.values(cells).reduce(
      (sum, byWorkload) => sum + Object.values(byWorkload).reduce((own, names) => own + names.length, 0),
      0,
    )
  return { reachedCount: count(reached), possibleCount: count(reached) + count(missed) }
}

/** What was met nowhere, of what could be: faults that took effect in no run, and states under those that did. */
export function neverOf({
  families,
  drawn,
  runs,
  workloads,
  reached,
  missed,
}: {
  families: CoverageReport['families']
  drawn: readonly FamilyName[]
  runs: CoverageReport['workloads']
  workloads: readonly string[]
  reached: Cells
  missed: Cells
}): CoverageReport['never'] {
  const took = (family: string) => {
    const { opened = 0, withoutEffect = 0 } = families[family] ?? {}
    return opened > withoutEffect
  }
  const met = (state: string) => new Set(Object.values(reached[state] ?? {}).flat())
  const missedUnder = (state: string) => {
    const known = met(state)
    // A workload that did not run could not meet anything.
    const open = Object.entries(missed[state] ?? {}).filter(([workload]) => (runs[workload] ?? 0) > 0)
    return [...new Set(open.flatMap(([, names]) => names))].filter((family) => took(family) && !known.has(family))
  }
  return {
    families: drawn.filter((family) => !took(family)),
    workloads: workloads.filter((name) => (runs[name] ?? 0) === 0),
    states: Object.keys(missed).filter((state) => reached[state] === undefined),
    pairs: Object.keys(missed)
      .filter((state) => reached[state] !== undefined)
      .flatMap((state) => missedUnder(state).map((family) => `${state} under ${family}`)),
  }
}
