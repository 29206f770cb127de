import { formatCount } from '../base/units.ts'
import type { PlayedFault } from '../run/schedulePlayer.ts'
import type { ExplorationPlan } from './plan.ts'

/** Of the operations that a schedule is drawn for, the least that a run acknowledges. */
const leastShareOfOperations = 0.25
/** Where an exploration names none. */
const leastOperations = 20
/** Of the faults that were drawn. */
const leastShareOfEffects = 0.5

/** Why a run in which nothing was found says little; undefined if it does say something. */
export function weaknessOf({
  plan: { schedule },
  played,
  operations: { ok },
}: {
  plan: Pick<ExplorationPlan, 'schedule'>
  played: readonly PlayedFault[]
  operations: { ok: number }
}): string | undefined {
  const least =
    schedule.operations === undefined ? leastOperations : Math.ceil(schedule.operations * leastShareOfOperations)
  const reasons: string[] = []
  if (ok < least)
    reasons.push(`${formatCount(ok)} operations were acknowledged, and at least ${formatCount(least)} are needed`)
  const drawn = schedule.faults.length
  const effective = played.filter(({ outcome }) => outcome === 'effective').length
  if (effective < drawn * leastShareOfEffects) {
    const notOpened = drawn - played.filter(({ outcome }) => outcome !== 'notOpened').length
    reasons.push(`${effective} of ${drawn} faults took effect, and at least half are needed; ${notOpened} never opened`)
  }
  return reasons.length === 0 ? undefined : reasons.join('; ')
}
