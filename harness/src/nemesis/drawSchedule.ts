import { HarnessError } from '../base/errors.ts'
import type { Random, Seed } from '../base/seed.ts'
import type { Capability } from '../runtime/runtime.ts'
import { families } from './faultFamily.ts'
import type { FamilyName, Opening, Schedule, ScheduledFault } from './schedule.ts'

export type FamilyWeights = Partial<Record<FamilyName, number>>

/** What a schedule is drawn for. */
export interface SchedulePlan {
  nodes: readonly string[]
  durationMs: number
  /** Fewest and most faults. */
  faults: readonly [number, number]
  /** What the runtime can do and the system is: families that need more are not drawn. */
  can: ReadonlySet<Capability>
  speaksS3?: boolean
  powerCuts?: boolean
  /** In place of a family's own weight; 0 leaves it out. */
  weights?: FamilyWeights
  /** There is a leader, so half of the faults are aimed at it. */
  leads?: boolean
  /** Texts in a node's log that are worth breaking something at. */
  logLines?: readonly string[]
}

const acknowledgements = [5, 10, 20, 50, 100, 200, 500, 1_000]
const byteCounts = [1_000, 4_000, 16_000, 64_000, 256_000]

/** How many faults come together with the one before them: what is sound under each of two troubles may break under both. */
const companionRatio = 0.4

/** Draws what goes wrong from the seed: the same on every machine. Throws BAD_USAGE when no family is left to draw from. */
export function drawSchedule(seed: Seed, plan: SchedulePlan): Schedule {
  const random = seed.stream('schedule')
  const weighted = familiesFor(plan)
  const faults: ScheduledFault[] = []
  const count = random.integer(plan.faults[0], plan.faults[1])
  for (let at = 1; at <= count; at++) {
    const before = faults.at(-1)
    const fault = drawFault(`f${at}`, random, weighted, plan, random.chance(companionRatio) ? before : undefined)
    // A second kill of a node that is down, a pause within a pause: not asked for, so not drawn again either.
    if (!faults.some((other) => meets(other, fault))) faults.push(fault)
  }
  return { version: 1, seed: seed.value, nodes: plan.nodes, durationMs: plan.durationMs, faults }
}

/** The families that can be drawn, each with its weight, in the order of the table. */
export function familiesFor(plan: Omit<SchedulePlan, 'durationMs' | 'faults'>): [FamilyName, number][] {
  const weighted = (Object.keys(families) as FamilyName[]).flatMap((name): [FamilyName, number][] => {
    const { weight: own, needs = {}, targets } = families[name]
    const weight = plan.weights?.[name] ?? own
    const possible =
      (needs.capability === undefined || plan.can.has(needs.capability)) &&
      (needs.ability === undefined || plan.speaksS3 === true) &&
      (needs.option === undefined || plan.powerCuts === true) &&
      targets <= plan.nodes.length &&
      !(name === 'isolate' && plan.nodes.length < 2)
    return weight > 0 && possible ? [[name, weight]] : []
  })
  if (weighted.length > 0) return weighted
  throw new HarnessError('BAD_USAGE', 'There is no fault to draw: every family is weighted 0 or cannot be had here.')
}

function drawFault(
  id: string,
  random: Random,
  weighted: readonly [FamilyName, number][],
  plan: SchedulePlan,
  companion: ScheduledFault | undefined,
): ScheduledFault {
  const family = pickByWeight(random, weighted)
  const { targets: size, lastsMs, options } = families[family]
  const shuffled = random.shuffle(plan.nodes)
  const first = companion?.targets[0] ?? shuffled[0] ?? ''
  const targets = [first, ...shuffled.filter((name) => name !== first)].slice(0, size)
  const aim = companion ? companion.aim : plan.leads && random.chance(0.5) ? 'leader' : undefined
  const opens = drawOpening(random, plan)
  return {
    id,
    family,
    targets,
    ...(aim === undefined ? {} : { aim }),
    options: options(random),
    opens: companion ? { with: companion.id, afterMs: random.integer(0, companion.lastsMs) } : opens,
    lastsMs: random.integer(lastsMs[0], lastsMs[1]),
  } as ScheduledFault
}

function drawOpening(random: Random, { nodes, durationMs, logLines = [] }: SchedulePlan): Opening {
  const kind = random.integer(1, 20)
  if (kind <= 5) return { acknowledged: random.pick(acknowledgements) }
  if (kind <= 7 && nodes.length > 1) {
    const [from = '', to = ''] = random.shuffle(nodes)
    return { bytes: random.pick(byteCounts), from, to }
  }
  if (kind === 8 && logLines.length > 0) return { line: random.pick(logLines), node: random.pick(nodes) }
  return { afterMs: random.integer(0, durationMs - 1) }
}

function pickByWeight(random: Random, weighted: readonly [FamilyName, number][]): FamilyName {
  const sum = weighted.reduce((total, [, weight]) => total + weight, 0)
  let at = random.fraction() * sum
  for (const [name, weight] of weighted) {
    at -= weight
    if (at < 0) return name
  }
  return weighted.at(-1)?.[0] as FamilyName
}

/** Whether both hold the same part of one node at one time. What opens on a trigger is looked at by the player. */
function meets(one: ScheduledFault, other: ScheduledFault): boolean {
  const held = families[one.family].holds
  if (held === undefined || held !== families[other.family].holds) return false
  if ('with' in other.opens) return other.opens.with === one.id
  if (one.targets[0] !== other.targets[0] || one.aim || other.aim || 'with' in one.opens) return false
  if (!('afterMs' in one.opens) || !('afterMs' in other.opens)) return false
  const [first, second] = one.opens.afterMs <= other.opens.afterMs ? [one, other] : [other, one]
  return (second.opens as { afterMs: number }).afterMs <= (first.opens as { afterMs: number }).afterMs + first.lastsMs
}
