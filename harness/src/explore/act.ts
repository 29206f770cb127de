import type { Canary } from '../probe/canary.ts'
import type { Exploration, ExploredWorkload, Stage } from './exploration.ts'
import type { ExplorationPlan } from './plan.ts'
import type { RunOutcome } from './runOutcome.ts'

/** `onAnyHost`: not even a starved host explains it. */
export type Find = (by: string, sure?: { onAnyHost?: boolean }) => (error: unknown) => void

/** One run under way, in the hands of whoever plays and judges it. */
export interface Act<Client> {
  exploration: Exploration<Client>
  workload: ExploredWorkload<Client>
  stage: Stage<Client>
  plan: ExplorationPlan
  stop: AbortSignal
  outcome: RunOutcome
  find: Find
  /** Something was seen that is news or trouble. */
  halted: () => boolean
  /** Resolves once it is known which. */
  judged: () => Promise<unknown>
  host: Promise<Canary | undefined>
  judging: <T>(judge: () => T) => T
}
