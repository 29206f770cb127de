import { join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { pickByWeight } from '../base/pickByWeight.ts'
import { Seed } from '../base/seed.ts'
import { drawSchedule } from '../nemesis/drawSchedule.ts'
import type { Schedule } from '../nemesis/schedule.ts'
import { readJsonArtifact, writeArtifact } from '../run/artifact.ts'
import type { Capability } from '../runtime/runtime.ts'
import type { Exploration } from './exploration.ts'

/** One run of an exploration, as data: everything that its seed decided. Saved as plan.json in its folder. */
export interface ExplorationPlan {
  version: 1
  system: string
  seed: number
  runtime: string
  /** The known-bad build that was explored, if any. */
  build?: string
  workload: string
  nodes: number
  settings: Readonly<Record<string, string>>
  schedule: Schedule
}

export interface PlanContext {
  /** As it was named: `peer`. */
  system: string
  runtime: string
  can: ReadonlySet<Capability>
  build?: string
  /** Draw among these in place of all. */
  workloads?: readonly string[]
}

/** Draws one run from its seed: the same on every machine. */
export function drawPlan<Client>(
  exploration: Exploration<Client>,
  seed: Seed,
  { system, runtime, can, build, workloads = Object.keys(exploration.workloads) }: PlanContext,
): ExplorationPlan {
  const random = seed.stream('exploration')
  const shares = workloads.map((name) => [name, exploration.workloads[name]?.share ?? 1] as const)
  const workload = pickByWeight(random, shares)
  const {
    nodes: counts = exploration.nodes,
    durationMs = exploration.durationMs,
    logLines = exploration.logLines,
    settings,
    leads = false,
    weights,
  } = exploration.workloads[workload] ?? {}
  const nodes = random.pick(counts)
  const names = Array.from({ length: nodes }, (_, at) => `n${at + 1}`)
  const schedule = drawSchedule(seed, {
    nodes: names,
    durationMs,
    faults: exploration.faults,
    can,
    speaksS3: speaksS3(exploration),
    powerCuts: exploration.powerCuts === true,
    leads,
    weights: { ...exploration.weights, ...weights },
    ...(logLines === undefined ? {} : { logLines }),
  })
  return {
    version: 1,
    system,
    seed: seed.value,
    runtime,
    ...(build === undefined ? {} : { build }),
    workload,
    nodes,
    settings: { ...exploration.settings?.(random), ...settings?.(random, names) },
    schedule,
  }
}

/** The system is an object store, or has one among what it depends on. */
export function speaksS3<Client>({ system, dependencies }: Exploration<Client>): boolean {
  return system.abilities.speaksS3 === true || dependencies?.speaksS3 === true
}

/** The seed of each run of an exploration. */
export function seedOfRun(seed: Seed, number: number): Seed {
  return new Seed(seed.stream(`run ${number}`).integer(0, 999_999_999))
}

const planName = 'plan.json'

export function savePlan(folder: string, plan: ExplorationPlan): void {
  writeArtifact(join(folder, planName), `${JSON.stringify(plan, null, 2)}\n`)
}

/** Throws ARTIFACT_UNREADABLE when there is no plan, or one that this Breakwater does not know. */
export function readPlan(folder: string): ExplorationPlan {
  const path = join(folder, planName)
  const plan = readJsonArtifact(path) as Partial<ExplorationPlan>
  if (plan.version === 1 && plan.schedule?.version === 1) return plan as ExplorationPlan
  throw new HarnessError(
    'ARTIFACT_UNREADABLE',
    `${path} cannot be replayed: its version is not one that is known here.`,
  )
}
