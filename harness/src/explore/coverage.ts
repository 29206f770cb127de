import type { FamilyName } from '../nemesis/schedule.ts'
import type { RunOutcome } from './runPlan.ts'

/** Which faults met which workloads in which states, over all runs. */
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
  never: {
    families: FamilyName[]
    workloads: string[]
    states: string[]
    /** State under fault, in no workload. */
    pairs: string[]
  }
}

/** Adds up what an exploration has met, and what it never met. */
export class Coverage {
  readonly #families: readonly FamilyName[]
  readonly #workloads: readonly string[]
  readonly #states: readonly string[]
  readonly #played = new Map<FamilyName, { opened: number; withoutEffect: number; notOpened: number }>()
  readonly #runs = new Map<string, number>()
  readonly #reached = new Map<string, Map<string, Set<FamilyName>>>()

  constructor(all: {
    families: readonly FamilyName[]
    workloads: readonly string[]
    states: readonly string[]
  }) {
    this.#families = all.families
    this.#workloads = all.workloads
    this.#states = all.states
  }

  add({ plan, played, seen }: Pick<RunOutcome, 'plan' | 'played' | 'seen'>): void {
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
  }

  report(): CoverageReport {
    const reached: CoverageReport['reached'] = {}
    let reachedCount = 0
    for (const [state, byWorkload] of this.#reached) {
      const own: Record<string, FamilyName[]> = {}
      for (const [workload, families] of byWorkload) {
        own[workload] = this.#families.filter((family) => families.has(family))
        reachedCount += own[workload].length
      }
      reached[state] = own
    }
    const missed: CoverageReport['missed'] = {}
    for (const state of this.#states) {
      const own: Record<string, FamilyName[]> = {}
      for (const workload of this.#workloads) {
        const known = this.#reached.get(state)?.get(workload)
        own[workload] = this.#families.filter((family) => !known?.has(family))
      }
      missed[state] = own
    }
    const took = (family: FamilyName) => {
      const { opened = 0, withoutEffect = 0 } = this.#played.get(family) ?? {}
      return opened > withoutEffect
    }
    const families = this.#families.filter(took)
    const states = this.#states.filter((state) => this.#reached.has(state))
    const met = (state: string, family: FamilyName) =>
      [...(this.#reached.get(state)?.values() ?? [])].some((known) => known.has(family))
    return {
      families: Object.fromEntries(this.#played),
      workloads: Object.fromEntries(this.#runs),
      reached,
      missed,
      reachedCount,
      possibleCount: this.#families.length * this.#workloads.length * this.#states.length,
      never: {
        families: this.#families.filter((family) => !took(family)),
        workloads: this.#workloads.filter((name) => !this.#runs.has(name)),
        states: this.#states.filter((state) => !this.#reached.has(state)),
        pairs: states.flatMap((state) =>
          families.filter((family) => !met(state, family)).map((family) => `${state} under ${family}`),
        ),
      },
    }
  }
}
