import type { Ending } from './ending.ts'
import { Histogram, type SavedHistogram } from './histogram.ts'

/** What one thread hands to another. */
export interface SavedTally {
  latency: SavedHistogram
  failCount: number
  infoCount: number
  reasons: ReadonlyMap<string, number>
}

/** What became of the operations of one class: a scenario, or one step of it. */
export class Tally {
  readonly latency: Histogram
  #failCount = 0
  #infoCount = 0
  readonly #reasons = new Map<string, number>()

  constructor(boundsMs: readonly number[] = []) {
    this.latency = new Histogram(boundsMs)
  }

  /** Whatever the ending, the time that it took counts. */
  record(latencyMs: number, { outcome, reason }: Ending): void {
    this.latency.record(latencyMs)
    if (outcome === 'ok') return
    if (outcome === 'fail') this.#failCount++
    else this.#infoCount++
    if (reason !== undefined) this.#addReason(reason, 1)
  }

  get count(): number {
    return this.latency.count
  }

  /** Certainly did not happen. */
  get failCount(): number {
    return this.#failCount
  }

  /** Nobody can know. */
  get infoCount(): number {
    return this.#infoCount
  }

  get reasons(): ReadonlyMap<string, number> {
    return this.#reasons
  }

  add(saved: SavedTally): void {
    this.latency.add(Histogram.from(saved.latency))
    this.#failCount += saved.failCount
    this.#infoCount += saved.infoCount
    for (const [reason, count] of saved.reasons) this.#addReason(reason, count)
  }

  saved(): SavedTally {
    return {
      latency: this.latency.saved(),
      failCount: this.#failCount,
      infoCount: this.#infoCount,
      reasons: this.#reasons,
    }
  }

  #addReason(reason: string, count: number): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + count)
  }
}

/** Tallies by class: "search" for a scenario, "search/embed" for a step of it. */
export class Tallies {
  readonly #boundsMs: readonly number[]
  readonly #byClass = new Map<string, Tally>()
  /** The same by scenario and step, so that no name is put together for each operation. */
  readonly #bySteps = new Map<string, Map<string, Tally>>()

  constructor(boundsMs: readonly number[]) {
    this.#boundsMs = boundsMs
  }

  /** Of a class by its name, or of a step of a scenario. Made when it is not there. */
  of(name: string, step?: string): Tally {
    if (step !== undefined) return this.#ofStep(name, step)
    let tally = this.#byClass.get(name)
    if (!tally) {
      tally = new Tally(this.#boundsMs)
      this.#byClass.set(name, tally)
    }
    return tally
  }

  #ofStep(scenario: string, step: string): Tally {
    let steps = this.#bySteps.get(scenario)
    if (!steps) {
      steps = new Map()
      this.#bySteps.set(scenario, steps)
    }
    let tally = steps.get(step)
    if (!tally) {
      tally = this.of(`${scenario}/${step}`)
      steps.set(step, tally)
    }
    return tally
  }

  has(name: string): boolean {
    return this.#byClass.has(name)
  }

  /** Of these classes together. */
  countOf(names: readonly string[]): number {
    return names.reduce((sum, name) => sum + (this.#byClass.get(name)?.count ?? 0), 0)
  }

  get classes(): string[] {
    return [...this.#byClass.keys()]
  }

  add(saved: ReadonlyMap<string, SavedTally>): void {
    for (const [name, tally] of saved) this.of(name).add(tally)
  }

  saved(): Map<string, SavedTally> {
    return new Map([...this.#byClass].map(([name, tally]) => [name, tally.saved()]))
  }
}
