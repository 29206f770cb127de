import { Seed } from '../base/seed.ts'
import type { Exploration, SoakedMix } from '../explore/exploration.ts'
import { speaksS3 } from '../explore/plan.ts'
import { drawSchedule, type FamilyWeights } from '../nemesis/drawSchedule.ts'
import type { Schedule } from '../nemesis/schedule.ts'
import type { Capability } from '../runtime/runtime.ts'
import { sparing } from './sparing.ts'

/** One window, as its seed decided it. */
export interface WindowPlan {
  number: number
  slot: number
  seed: Seed
  /** Clients at work, and no fault, ms: first until they have found their pace, then measured. */
  settlingInMs: number
  calmMs: number
  schedule: Schedule
  /** The node whose process no fault ends. */
  spared: string
}

export interface WindowsPlan {
  exploration: Exploration
  mix: SoakedMix
  seed: Seed
  windowMs: number
  durationMs: number
  can: ReadonlySet<Capability>
}

/** Data of so many windows are there at a time: each is looked at again in the windows after it. */
export const slots = 3

/** Two fifths of a window are calm, two fifths have faults; the rest is for coming back to work and for judging. */
const part = 0.4
const mostSettlingInMs = 2_000
/** On average one fault opens in so long a time. */
const faultEveryMs = 1_300
/** A node is spared for so long, then another one; a soak that is shorter spares one. */
const termMs = 3_600_000
const mostTerms = 6

/** The same at every call with the same seed, also in a runner that goes on with another's soak. */
export function planWindow(plan: WindowsPlan, number: number, elapsedMs: number): WindowPlan {
  const { exploration, mix, windowMs } = plan
  const seed = new Seed(plan.seed.stream(`window ${number}`).integer(0, 999_999_999))
  const nodes = Array.from({ length: mix.nodes }, (_, at) => `n${at + 1}`)
  const stormMs = Math.round(windowMs * part)
  const settlingInMs = Math.min(mostSettlingInMs, stormMs / 4)
  const spared = sparedAt(plan.seed, nodes, elapsedMs, plan.durationMs)
  const most = Math.max(2, Math.round(stormMs / faultEveryMs))
  const drawn = drawSchedule(seed, {
    nodes,
    durationMs: stormMs,
    faults: [Math.ceil(most * 0.6), Math.ceil(most * 1.4)],
    can: plan.can,
    speaksS3: speaksS3(exploration),
    powerCuts: exploration.powerCuts === true,
    leads: Object.keys(mix.shares).some((name) => exploration.workloads[name]?.leads === true),
    weights: weightsOf(plan),
    ...(exploration.logLines === undefined ? {} : { logLines: exploration.logLines }),
  })
  return {
    number,
    slot: (number - 1) % slots,
    seed,
    settlingInMs,
    calmMs: stormMs - settlingInMs,
    schedule: sparing(drawn, spared),
    spared,
  }
}

/** Left out: what a node needs before its memory says anything. */
export function warmUpOf({ durationMs, windowMs }: { durationMs: number; windowMs: number }): number {
  return Math.min(900_000, Math.max(durationMs * 0.3, slots * windowMs))
}

function sparedAt(seed: Seed, nodes: readonly string[], elapsedMs: number, durationMs: number): string {
  const first = seed.stream('spared').integer(0, nodes.length - 1)
  const term = Math.floor(elapsedMs / Math.max(termMs, durationMs / mostTerms))
  return nodes[(first + term) % nodes.length] ?? ''
}

/** All workloads are there at once, so what one of them asks for more often comes more often. */
function weightsOf({ exploration, mix }: WindowsPlan): FamilyWeights {
  const weights: Record<string, number> = { ...exploration.weights }
  for (const name of Object.keys(mix.shares)) {
    for (const [family, weight] of Object.entries(exploration.workloads[name]?.weights ?? {})) {
      weights[family] = Math.max(weights[family] ?? 0, weight)
    }
  }
  return weights
}
