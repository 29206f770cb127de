import type { Random } from '../base/seed.ts'

/** One thing that users do, in named steps. */
export interface Scenario {
  readonly name: string
  /** Its share among the others. Default 1. */
  readonly weight?: number
  /** One run of it. What it throws ends the run: an `outcome` property ('fail' or 'info') is believed, all else is `info`. */
  run(user: User): Promise<unknown>
}

/** Who goes through one run of a scenario. */
export interface User {
  /** Which run of this window it is, from 0. */
  readonly number: number
  /** Chance of this run alone: the same for the same seed, however runs interleave. */
  readonly random: Random
  /**
   * Makes the call and records it under the name. The first step of a run counts from when the run was meant to start, later
   * ones from when they start. Rejects with the call's error, and with a StepTimeout when the call takes too long.
   */
  step<T>(name: string, call: () => Promise<T>): Promise<T>
}

/** Draws scenarios by their weights. */
export function mixOf(scenarios: readonly Scenario[]): (random: Random) => Scenario {
  const names = new Set(scenarios.map(({ name }) => name))
  if (scenarios.length === 0 || names.size < scenarios.length) {
    throw new RangeError('a mix needs at least one scenario, each with a name of its own')
  }
  const wrong = scenarios.find(({ weight = 1 }) => !(weight > 0 && Number.isFinite(weight)))
  if (wrong) throw new RangeError(`the weight of ${wrong.name} must be above 0, not ${wrong.weight}`)
  const total = scenarios.reduce((sum, { weight = 1 }) => sum + weight, 0)
  return (random) => {
    let left = random.fraction() * total
    for (const scenario of scenarios) {
      left -= scenario.weight ?? 1
      if (left < 0) return scenario
    }
    return scenarios.at(-1) as Scenario
  }
}
