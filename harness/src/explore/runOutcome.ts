import type { Verdict } from '../check/verdict.ts'
import type { FamilyName } from '../nemesis/schedule.ts'
import type { Finding } from '../run/findings.ts'
import type { PlayedFault } from '../run/schedulePlayer.ts'
import type { Followed } from './followed.ts'
import type { ExplorationPlan } from './plan.ts'
import type { Trouble } from './trouble.ts'

/** What one run of an exploration came to. */
export interface RunOutcome {
  plan: ExplorationPlan
  folder: string
  durationMs: number
  /** Empty: nothing was found. */
  findings: Finding[]
  /** What kept the run from saying anything of the system. */
  troubles: Trouble[]
  /** Why a run in which nothing was found says little. */
  weak?: string
  verdicts: Verdict[]
  operations: Record<'ok' | 'fail' | 'info', number>
  played: PlayedFault[]
  /** By state, the families of faults that it was seen under. */
  seen: Map<string, FamilyName[]>
  /** Which states came next after which. */
  followed: Followed
  /** Known-bad builds that the nodes say they ran. */
  loaded: string[]
  /** Somebody asked to stop: nothing was judged. */
  interrupted: boolean
}
