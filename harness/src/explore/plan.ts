import { join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { pickByWeight } from '../base/pickByWeight.ts'
import { Seed } from '../base/seed.ts'
import { fields, number, oneOf, only, record, type Shape, text } from '../base/shape.ts'
import { settingsPrefix } from '../cluster/howToRun.ts'
import { drawSchedule } from '../nemesis/drawSchedule.ts'
import type { Schedule } from '../nemesis/schedule.ts'
import { scheduleShape } from '../nemesis/scheduleShape.ts'
import { readShaped, writeArtifact } from '../run/artifact.ts'
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
    operations = exploration.operations,
    logLines = exploration.logLines,
    settings,
    leads = false,
    weights,
  } = exploration.workloads[workload] ?? {}
  const nodes = random.pick(counts)
  const names = nodeNames(nodes)
  const schedule = drawSchedule(seed, {
    nodes: names,
    durationMs,
    ...(operations === undefined ? {} : { operations }),
    faults: exploration.faults,
    can,
    speaksS3: speaksS3(exploration, workload),
    powerCuts: exploration.powerCuts === true,
    leads,
    weights: { ...exploration.weights, ...weights },
    ...(logLines === undefined ? {} : { logLines }),
  })
  const drawn = { ...exploration.settings?.(random), ...settings?.(random, names) }
  const prefix = settingsPrefix(exploration.system)
  const stranger = Object.keys(drawn).find((name) => !name.startsWith(prefix))
  if (stranger !== undefined) {
    throw new HarnessError(
      'BAD_USAGE',
      `The exploration of ${system} sets ${stranger}, and settings of ${exploration.system.name} begin with ${prefix}. Name the setting so, or give the system a settingsPrefix.`,
    )
  }
  return {
    version: 1,
    system,
    seed: seed.value,
    runtime,
    ...(build === undefined ? {} : { build }),
    workload,
    nodes,
    settings: drawn,
    schedule,
  }
}

/** The system is an object store, or has one among what it depends on, and the workload needs that. */
export function speaksS3<Client>({ system, dependencies, workloads }: Exploration<Client>, workload?: string): boolean {
  const isAlone = workload !== undefined && workloads[workload]?.isAlone === true
  return system.abilities.speaksS3 === true || (!isAlone && dependencies?.speaksS3 === true)
}

/** The seed of each run of an exploration. */
export function seedOfRun(seed: Seed, number: number): Seed {
  return new Seed(seed.stream(`run ${number}`).integer(0, 999_999_999))
}

const planName = 'plan.json'

export function savePlan(folder: string, plan: ExplorationPlan): void {
  writeArtifact(join(folder, planName), `${JSON.stringify(plan, null, 2)}\n`)
}

export const planShape: Shape<ExplorationPlan> = only(
  fields(
    {
      version: oneOf(1),
      system: text(),
      seed: number({ least: 0, most: 0xffffffff, whole: true }),
      runtime: oneOf('process', 'docker'),
      workload: text(),
      nodes: number({ least: 1, most: 100, whole: true }),
      settings: record(text({ longest: 10_000 }), { most: 1_000 }),
      schedule: scheduleShape,
    },
    { build: text() },
  ),
)

/** Throws BAD_USAGE for what is no plan, or one that this Breakwater does not know: somebody else may have written it. */
export function readPlan(folder: string): ExplorationPlan {
  const path = join(folder, planName)
  return readShaped(path, planShape, 'be replayed')
}

/**
 * What a plan may ask for is what its exploration draws: a workload of it, no more nodes, and settings by the names that it draws.
 * Throws BAD_USAGE.
 */
export function demandDrawable<Client>(plan: ExplorationPlan, exploration: Exploration<Client>, from: string): void {
  const refuse = (why: string) => new HarnessError('BAD_USAGE', `${from} cannot be replayed: ${why}.`)
  const { workload, nodes, schedule: planned, system } = plan
  if (!Object.hasOwn(exploration.workloads, workload)) {
    const known = Object.keys(exploration.workloads).join(', ')
    throw refuse(`${system} has no workload ${JSON.stringify(workload)}; it has: ${known}`)
  }
  const most = Math.max(...(exploration.workloads[workload]?.nodes ?? exploration.nodes))
  if (nodes > most) throw refuse(`it wants ${nodes} nodes, and ${system} is explored on ${most} at the most`)
  const stranger = planned.nodes.find((name) => Number(name.slice(1)) > nodes)
  if (stranger !== undefined) throw refuse(`its schedule names ${stranger}, and it has ${nodes} nodes`)
  demandSettings(plan.settings, exploration, from)
}

/** Settings are environment of the nodes: none but those that the exploration itself gives them. Throws BAD_USAGE. */
export function demandSettings<Client>(
  settings: Readonly<Record<string, string>>,
  exploration: Exploration<Client>,
  from: string,
): void {
  const prefix = settingsPrefix(exploration.system)
  const known = settingNames(exploration)
  const stranger = Object.keys(settings).find((name) => !name.startsWith(prefix) || !known.has(name))
  if (stranger === undefined) return
  throw new HarnessError(
    'BAD_USAGE',
    `${from} sets ${JSON.stringify(stranger)} for its nodes, which explorations of ${exploration.system.name} never set; they set ${[...known].sort().join(', ') || 'nothing'}.`,
  )
}

/** How often is drawn to learn the names: an exploration that draws a name once in twenty times is seen to. */
const drawsForNames = 200

/** Every name of a setting that an exploration gives its nodes: what it draws says so. */
function settingNames<Client>({ settings, workloads, nodes, soak }: Exploration<Client>): ReadonlySet<string> {
  const names = new Set(Object.keys(soak?.settings ?? {}))
  const add = (drawn: Record<string, string> | undefined) => {
    for (const name of Object.keys(drawn ?? {})) names.add(name)
  }
  for (let draw = 0; draw < drawsForNames; draw++) {
    const random = new Seed(draw).stream('setting names')
    add(settings?.(random))
    for (const each of Object.values(workloads)) {
      const size = random.pick(each.nodes ?? nodes)
      add(each.settings?.(random, nodeNames(size)))
    }
  }
  return names
}

function nodeNames(size: number): string[] {
  return Array.from({ length: size }, (_, at) => `n${at + 1}`)
}
