import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { intervalOf } from '../base/binomial.ts'
import type { Schedule } from '../nemesis/schedule.ts'
import { tryWriteReport } from '../run/report/writeReport.ts'
import { type ExplorationPlan, savePlan } from './plan.ts'
import { shrink } from './shrink.ts'

/** How often a plan failed when it was repeated, and between which shares the true one lies with 95 %. */
export interface FailureRate {
  failed: number
  repeats: number
  lowestRatio: number
  highestRatio: number
}

/** "9 of 10 times, so 55 to 100 % of the time". */
export function describeRate({ failed, repeats, lowestRatio, highestRatio }: FailureRate): string {
  return `${failed} of ${repeats} times, so ${Math.floor(lowestRatio * 100)} to ${Math.ceil(highestRatio * 100)} % of the time`
}

export interface SmallestPlan extends FailureRate {
  plan: ExplorationPlan
  folder: string
  /** Smaller plans that were tried. */
  tried: number
  gaveUp: boolean
  /** How often the plan failed as it was found, when it was repeated before anything was left out. */
  before: FailureRate
}

export interface SmallestPlanOptions {
  plan: ExplorationPlan
  mostTries: number
  stop: AbortSignal
  /** Where the smallest plan goes, with what it saw. */
  folder: string
  /** Plays a schedule once in a folder of that name. What was troubled says nothing. */
  run: (schedule: Schedule, name: string) => Promise<{ folder: string; ended: 'failed' | 'held' | 'troubled' }>
  tell: (
    event:
      | { type: 'repeated'; rate: FailureRate; triesEach: number }
      | { type: 'tried'; number: number; faults: number; failed: boolean },
  ) => void
}

const repeatsBefore = 5
const repeatsAtTheEnd = 10
/** A smaller plan that fails as often as the one found is missed so seldom. */
const mostMissedRatio = 0.1
const mostTriesEach = 4

/**
 * Repeats the plan first: one that fails always takes one try for each smaller plan, one that fails now and then several, and one that did
 * not fail again is not shrunk, since every smaller plan would seem to hold.
 */
export async function smallestPlan(options: SmallestPlanOptions): Promise<SmallestPlan> {
  const { plan, mostTries, stop, folder, tell } = options
  const before = await repeated(options, plan.schedule, repeatsBefore)
  const triesEach = triesFor(before)
  tell({ type: 'repeated', rate: before, triesEach })
  if (before.failed === 0) return { plan, folder, tried: 0, gaveUp: true, before, ...before }
  let number = 0
  const fails = async (schedule: Schedule): Promise<boolean> => {
    number++
    let failed = false
    for (let turn = 1; turn <= triesEach && !failed && !stop.aborted; turn++) {
      failed = (await playedOnce(options, schedule, `smaller-${number}`)) === 'failed'
    }
    tell({ type: 'tried', number, faults: schedule.faults.length, failed })
    return failed
  }
  const { schedule, tried, gaveUp } = await shrink(plan.schedule, fails, { mostTries })
  return {
    plan: { ...plan, schedule },
    folder,
    tried,
    gaveUp,
    before,
    ...(await repeated(options, schedule, repeatsAtTheEnd)),
  }
}

/** How often each smaller plan is played until it is taken for one that holds. */
export function triesFor({ failed, repeats }: Pick<FailureRate, 'failed' | 'repeats'>): number {
  if (failed >= repeats) return 1
  const heldRatio = 1 - failed / repeats
  return Math.min(mostTriesEach, Math.ceil(Math.log(mostMissedRatio) / Math.log(heldRatio)))
}

async function repeated(options: SmallestPlanOptions, schedule: Schedule, times: number): Promise<FailureRate> {
  const { folder, plan, stop } = options
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  savePlan(folder, { ...plan, schedule })
  let failed = 0
  let repeats = 0
  for (let turn = 1; turn <= times && !stop.aborted; turn++) {
    const ended = await playedOnce(options, schedule, 'again', folder)
    if (ended === 'troubled') continue
    repeats++
    if (ended === 'failed') failed++
  }
  tryWriteReport(folder)
  const [lowestRatio, highestRatio] = intervalOf(failed, repeats)
  return { failed, repeats, lowestRatio, highestRatio }
}

/** Of those that failed the last one stays in `keptAt`, to be looked at. */
async function playedOnce(
  { run }: SmallestPlanOptions,
  schedule: Schedule,
  name: string,
  keptAt?: string,
): Promise<'failed' | 'held' | 'troubled'> {
  const { folder, ended } = await run(schedule, name)
  if (ended === 'failed' && keptAt !== undefined) {
    rmSync(keptAt, { recursive: true, force: true })
    renameSync(folder, keptAt)
  } else rmSync(folder, { recursive: true, force: true })
  return ended
}
