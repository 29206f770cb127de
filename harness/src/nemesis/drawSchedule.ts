import { HarnessError } from '../base/errors.ts'
import { pickByWeight } from '../base/pickByWeight.ts'
import type { Random, Seed } from '../base/seed.ts'
import type { Capability } from '../runtime/runtime.ts'
import { families } from './faultFamily.ts'
import type { FamilyName, Opening, Schedule, ScheduledFault } from './schedule.ts'

export type FamilyWeights = Partial<Record<FamilyName, number>>

/** What a schedule is drawn for. */
export interface SchedulePlan {
  nodes: readonly string[]
  durationMs: number
  /** How many are to be acknowledged meanwhile (`Schedule.operations`); triggers that count them lie within. */
  operations?: number
  /** Fewest and most faults; crashes of several nodes at once count as one, and a storm of them comes with two others at most. */
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
/** Of the schedule's time: what opens at the very end is healed before it does anything, and a trigger is waited for until about here. */
const lastOpeningRatio = 0.85
const latestRatio = [0.3, 0.8] as const
/** Of all operations, the last one that a fault may wait for. */
const lastOperationRatio = 0.8

/** How many faults come together with the one before them: what is sound under each of two troubles may break under both. */
const companionRatio = 0.4
/** How often a node that is paused, where there is a leader, is cut off too until some time after it goes on. */
const lateRatio = 0.6
/** The cut after the pause, before anybody has missed the node; and how long it outlasts the pause, ms. */
const cutAfterMs = [0, 40] as const
const lateMs = [150, 600] as const
/** How many of the others are crashes of several nodes at once, where there are several: nobody is left who remembers. */
const crashRatio = 0.08
/** How many schedules are little else than such crashes: in between the cluster must get far enough for the next to matter. */
const stormRatio = 0.25
const mostInStorm = 2
/** In such a crash each other node goes down as likely as this. */
const alsoDownRatio = 0.85
/** After the first, ms; and for how long: what is back at once meets what has hardly begun. */
const apartMs = [0, 0, 5, 20, 60]
const downMs = [20, 200] as const

/** How many schedules have a node killed on a slow disk and, soon after it is back, without power: what is used before it is synced is lost then. */
const relapseRatio = 0.3
/** How long a sync takes there; when the kill comes, ms after the disk became slow; how soon the power goes, ms after the node serves again. */
const relapseSyncMs = [60, 120, 250]
const relapseKillMs = [100, 600] as const
const relapseCutMs = [0, 120] as const

/** How many schedules have a sync fail that drops what was dirty, and the power go soon after the node was started anew. */
const forgottenRatio = 0.25
/** Which sync of a file of the log it is; how soon the power goes, ms after the node serves again. */
const forgottenCalls = [1, 2, 5, 20]
const forgottenCutMs = [0, 300] as const

/** Draws what goes wrong from the seed: the same on every machine. Throws BAD_USAGE when no family is left to draw from. */
export function drawSchedule(seed: Seed, plan: SchedulePlan): Schedule {
  const random = seed.stream('schedule')
  const weighted = familiesFor(plan)
  const faults: ScheduledFault[] = []
  let ids = 0
  const nextId = () => `f${++ids}`
  const crashes = plan.nodes.length > 1 ? weighted.filter(([name]) => name === 'kill' || name === 'powerCut') : []
  const isStorm = crashes.length > 0 && random.chance(stormRatio)
  if (isStorm) faults.push(...drawCrashes(nextId, random, crashes, plan))
  const count = isStorm ? random.integer(0, mostInStorm) : random.integer(plan.faults[0], plan.faults[1])
  for (let at = 1; at <= count; at++) {
    const late = plan.leads ? drawLate(nextId, random, weighted, faults.at(-1)) : undefined
    if (late) {
      faults.push(late)
      continue
    }
    const companion = random.chance(companionRatio) ? faults.at(-1) : undefined
    const isCrash = !companion && crashes.length > 0 && random.chance(crashRatio)
    const drawn = isCrash
      ? drawCrashes(nextId, random, crashes, plan)
      : [drawFault(nextId(), random, weighted, plan, companion, faults)]
    // A second kill of a node that is down, a pause within a pause: not asked for, so not drawn again either.
    if (!drawn.some((fault) => faults.some((other) => meets(other, fault)))) faults.push(...drawn)
  }
  faults.push(...drawRelapse(nextId, seed.stream('kill, then power cut'), weighted, plan))
  faults.push(...drawForgotten(nextId, seed.stream('failed sync, then power cut'), weighted, plan))
  const { nodes, durationMs, operations } = plan
  return {
    version: 1,
    seed: seed.value,
    nodes,
    durationMs,
    ...(operations === undefined ? {} : { operations }),
    faults,
  }
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
  earlier: readonly ScheduledFault[],
): ScheduledFault {
  const family = pickByWeight(random, weighted)
  const { targets: size, lastsMs, options } = families[family]
  const shuffled = random.shuffle(plan.nodes)
  const first = companion?.targets[0] ?? shuffled[0] ?? ''
  const targets = [first, ...shuffled.filter((name) => name !== first)].slice(0, size)
  const opens = drawOpening(random, plan)
  // The schedule must not be over by then.
  const longestWait = (other: ScheduledFault) =>
    Math.max(0, Math.min(other.lastsMs, Math.floor(plan.durationMs * lastOpeningRatio) - opensBy(other, earlier)))
  // Whoever logged the line is the first target.
  const isAimed = 'line' in opens && opens.node === undefined
  const aim = companion ? companion.aim : plan.leads && !isAimed && random.chance(0.5) ? 'leader' : undefined
  return {
    id,
    family,
    targets,
    ...(aim === undefined ? {} : { aim }),
    options: options(random),
    opens: companion ? { with: companion.id, afterMs: random.integer(0, longestWait(companion)) } : opens,
    lastsMs: random.integer(lastsMs[0], lastsMs[1]),
  } as ScheduledFault
}

/**
 * A machine that was frozen is often back before its network is: until then a leader that was paused takes itself for one, and nothing
 * that the others have said meanwhile is in its sockets.
 */
function drawLate(
  nextId: () => string,
  random: Random,
  weighted: readonly [FamilyName, number][],
  paused: ScheduledFault | undefined,
): ScheduledFault | undefined {
  if (paused?.family !== 'pause' || !weighted.some(([name]) => name === 'isolate')) return undefined
  if (!random.chance(lateRatio)) return undefined
  const afterMs = random.integer(cutAfterMs[0], cutAfterMs[1])
  return {
    id: nextId(),
    family: 'isolate',
    targets: paused.targets,
    ...(paused.aim === undefined ? {} : { aim: paused.aim }),
    options: { how: 'hold' },
    opens: { with: paused.id, afterMs },
    lastsMs: paused.lastsMs - afterMs + random.integer(lateMs[0], lateMs[1]),
  }
}

/**
 * Several nodes go down at nearly one time and are back soon: a rack that loses its power, a bad deployment. It mostly does not end
 * there: when those that come up log a certain line they are struck again, up to three times.
 */
function drawCrashes(
  nextId: () => string,
  random: Random,
  crashes: readonly [FamilyName, number][],
  plan: SchedulePlan,
): ScheduledFault[] {
  const crash = (targets: readonly string[], opens: Opening) => ({
    id: nextId(),
    family: pickByWeight(random, crashes),
    targets,
    options: {},
    opens,
    lastsMs: random.integer(downMs[0], downMs[1]),
  })
  const { logLines = [], durationMs } = plan
  // Early, so that there is time for more.
  const openings: Opening[] = [{ afterMs: random.integer(0, Math.floor(durationMs / 4)) }]
  if (logLines.length > 0) {
    const line = random.pick(logLines)
    for (let times = 1, most = random.integer(1, 3); times <= most; times++)
      openings.push({ line, times, latestMs: drawLatest(random, durationMs) })
  }
  return openings.flatMap((opens) => {
    const [first = '', ...others] = random.shuffle(plan.nodes)
    const base = crash([first], opens)
    const also = others.filter((_, at) => at === 0 || random.chance(alsoDownRatio))
    const rest = also.map((name) => crash([name], { with: base.id, afterMs: random.pick(apartMs) }))
    return [base, ...rest] as ScheduledFault[]
  })
}

/** Chance of its own: schedules without it are what they would be, had it never been thought of. */
function drawRelapse(
  nextId: () => string,
  random: Random,
  weighted: readonly [FamilyName, number][],
  plan: SchedulePlan,
): ScheduledFault[] {
  const can = (name: FamilyName) => weighted.some(([each]) => each === name)
  if (!can('kill') || !can('powerCut') || !can('failDisk') || !random.chance(relapseRatio)) return []
  const targets = [random.pick(plan.nodes)]
  const aim = plan.leads && random.chance(0.5) ? { aim: 'leader' as const } : {}
  const [disk, kill, cut] = [nextId(), nextId(), nextId()]
  const effect = { type: 'delay' as const, ms: random.pick(relapseSyncMs) }
  return [
    {
      id: disk,
      family: 'failDisk',
      targets,
      ...aim,
      options: { rule: { operations: ['sync'], effect }, restart: false },
      opens: { afterMs: random.integer(0, Math.floor(plan.durationMs / 2)) },
      lastsMs: plan.durationMs,
    },
    {
      id: kill,
      family: 'kill',
      targets,
      options: {},
      opens: { with: disk, afterMs: random.integer(relapseKillMs[0], relapseKillMs[1]) },
      lastsMs: random.integer(downMs[0], downMs[1]),
    },
    {
      id: cut,
      family: 'powerCut',
      targets,
      options: {},
      opens: { with: kill, once: 'healed', afterMs: random.integer(relapseCutMs[0], relapseCutMs[1]) },
      lastsMs: random.integer(downMs[0], downMs[1]),
    },
  ]
}

/**
 * A sync fails once, and what it should have covered is not on the disk, though it can be read: whoever tries again, or starts anew and
 * syncs what it finds, is told that all is well.
 */
function drawForgotten(
  nextId: () => string,
  random: Random,
  weighted: readonly [FamilyName, number][],
  plan: SchedulePlan,
): ScheduledFault[] {
  const can = (name: FamilyName) => weighted.some(([each]) => each === name)
  if (!can('powerCut') || !can('failDisk') || !random.chance(forgottenRatio)) return []
  const targets = [random.pick(plan.nodes)]
  const aim = plan.leads && random.chance(0.5) ? { aim: 'leader' as const } : {}
  const [disk, cut] = [nextId(), nextId()]
  const rule = { operations: ['sync'], effect: { type: 'dropDirty' }, calls: [random.pick(forgottenCalls)] } as const
  return [
    {
      id: disk,
      family: 'failDisk',
      targets,
      ...aim,
      options: { rule, restart: true },
      opens: { afterMs: random.integer(0, Math.floor(plan.durationMs / 2)) },
      lastsMs: random.integer(100, 600),
    },
    {
      id: cut,
      family: 'powerCut',
      targets,
      options: {},
      opens: { with: disk, once: 'healed', afterMs: random.integer(forgottenCutMs[0], forgottenCutMs[1]) },
      lastsMs: random.integer(downMs[0], downMs[1]),
    },
  ]
}

function drawOpening(random: Random, plan: SchedulePlan): Opening {
  const { nodes, durationMs, operations = Number.POSITIVE_INFINITY, logLines = [] } = plan
  const kind = random.integer(1, 20)
  const latest = () => ({ latestMs: drawLatest(random, durationMs) })
  if (kind <= 5) {
    const counts = acknowledgements.filter((count) => count <= operations * lastOperationRatio)
    return { acknowledged: random.pick(counts.length > 0 ? counts : [1]), ...latest() }
  }
  if (kind <= 7 && nodes.length > 1) {
    const [from = '', to = ''] = random.shuffle(nodes)
    return { bytes: random.pick(byteCounts), from, to, ...latest() }
  }
  if (kind <= 9 && logLines.length > 0) {
    const line = random.pick(logLines)
    const which = random.chance(0.5) ? { node: random.pick(nodes) } : { times: random.integer(1, 3) }
    return { line, ...which, ...latest() }
  }
  return { afterMs: random.integer(0, Math.floor((durationMs - 1) * lastOpeningRatio)) }
}

/** When the fault opens at the latest, ms after the schedule began. */
function opensBy({ opens }: ScheduledFault, all: readonly ScheduledFault[]): number {
  if (!('afterMs' in opens)) return opens.latestMs ?? 0
  const first = 'with' in opens ? all.find(({ id }) => id === opens.with) : undefined
  return opens.afterMs + (first ? opensBy(first, all) : 0)
}

function drawLatest(random: Random, durationMs: number): number {
  return random.integer(Math.floor(durationMs * latestRatio[0]), Math.floor(durationMs * latestRatio[1]))
}

/** Whether both hold the same part of one node at one time. What opens on a trigger is looked at by the player. */
function meets(one: ScheduledFault, other: ScheduledFault): boolean {
  const held = families[one.family].holds
  if (held === undefined || held !== families[other.family].holds) return false
  if (one.targets[0] !== other.targets[0]) return false
  if ('with' in other.opens) return other.opens.with === one.id
  if (one.aim || other.aim || 'with' in one.opens) return false
  if (!('afterMs' in one.opens) || !('afterMs' in other.opens)) return false
  const [first, second] = one.opens.afterMs <= other.opens.afterMs ? [one, other] : [other, one]
  return (second.opens as { afterMs: number }).afterMs <= (first.opens as { afterMs: number }).afterMs + first.lastsMs
}
