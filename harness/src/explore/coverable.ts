import { familiesFor } from '../nemesis/drawSchedule.ts'
import type { Capability } from '../runtime/runtime.ts'
import type { Coverable } from './coverage.ts'
import type { Exploration } from './exploration.ts'
import { speaksS3 } from './plan.ts'

/** What an exploration of these workloads can meet on such a runtime. */
export function coverableBy<Client>(
  exploration: Exploration<Client>,
  can: ReadonlySet<Capability>,
  names: readonly string[] = Object.keys(exploration.workloads),
): Coverable {
  const mostNodes = (name: string) => Math.max(...(exploration.workloads[name]?.nodes ?? exploration.nodes))
  const familiesOf = (name: string) =>
    familiesFor({
      nodes: Array.from({ length: mostNodes(name) }, (_, at) => `n${at + 1}`),
      can,
      speaksS3: speaksS3(exploration, name),
      powerCuts: exploration.powerCuts === true,
      weights: { ...exploration.weights, ...exploration.workloads[name]?.weights },
    }).map(([family]) => family)
  return {
    workloads: Object.fromEntries(names.map((name) => [name, familiesOf(name)])),
    states: exploration.states,
    several: names.some((name) => mostNodes(name) > 1),
  }
}
