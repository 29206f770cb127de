import type { Budget } from '../base/budget.ts'
import type { FaultCounts, NetworkBackend } from '../base/fault.ts'
import type { Scale } from '../base/scale.ts'
import type { Verdict } from '../check/verdict.ts'
import type { RegionMap } from '../cluster/regions.ts'
import type { Exit } from '../runtime/runtime.ts'
import type { CodeUnderTest } from './codeUnderTest.ts'

export type GuardOutcome = 'passed' | 'failed' | 'inconclusive' | 'notRun'

/** One execution of one guard, as run.json tells it. */
export interface GuardRecord {
  id: string
  title: string
  file: string
  /** From 1. */
  repeat?: number
  /** Where it was not that of the run. */
  seed?: number
  outcome: GuardOutcome
  durationMs: number
  message?: string
  code?: string
  /** Its artifacts, relative to the folder that the run was started in. */
  folder?: string
}

/** What a runner knows at the end of a run. */
export interface RunSummary {
  seed: number
  /** ISO 8601. */
  startedAt: string
  durationMs: number
  runtime?: string
  scale?: Scale
  /** The words after `breakwater`. */
  command?: readonly string[]
  code?: CodeUnderTest
  guards: readonly GuardRecord[]
  /** Outside any guard. Each is a failure. */
  errors?: readonly string[]
  interrupted?: boolean
}

/** run.json, as docs/schema/run.schema.json has it. Readers refuse another version. */
export interface RunRecord extends RunSummary {
  version: 1
  endedAt: string
  runtime: string
  scale: Scale
  versions: Record<'breakwater' | 'node' | 'vitest' | 'platform', string>
  totals: Record<GuardOutcome, number>
  /** How many faults of the network each backend carried out, over all guards. */
  networkFaults: Partial<Record<NetworkBackend, number>>
}

/** A check as saved: what to judge by, and the verdict of then. */
export interface SavedCheck extends Verdict {
  options?: object
  /**
   * How much of the history had been recorded when it was judged; without it, all of it. `underWay`: ids of the operations that had
   * not ended by then, whatever became of them later.
   */
  upTo?: { operations: number; observations: number; underWay?: readonly number[] }
}

export interface SavedFault {
  name: string
  kind: string
  targets: readonly string[]
  /** What carried it out; absent for what is no fault of the network. */
  backend?: NetworkBackend
  openedAtMs: number
  /** Absent: never healed. */
  healedAtMs?: number
  counts: FaultCounts
}

export interface SavedIncarnation {
  incarnation: number
  pid?: number
  startedAtMs: number
  /** Absent while it runs. */
  exit?: Partial<Exit> & Pick<Exit, 'atMs'>
  peakRssBytes?: number
  /** Relative to the guard's folder. Its memory samples lie in `samples/` beside it. */
  log: string
}

/** A kind of line that a system logs and a person would look for: see `marks` of a System. */
export interface SavedMark {
  name: string
  source: string
  flags: string
}

/**
 * guard.json, beside history.jsonl, samples/, logs and timeline.svg in the folder of one guard. A second cluster of the guard
 * has logs and samples in `c2/`, and its nodes are named `c2/n1` here. As docs/schema/guard.schema.json has it.
 */
export interface SavedGuard {
  id: string
  title: string
  seed: number
  checks: readonly SavedCheck[]
  readings?: readonly { name: string; value: number; unit: Budget['unit']; limit?: number }[]
  faults: readonly SavedFault[]
  /** One for each cluster that had regions, with what the lines between them delayed. */
  regions?: readonly (RegionMap & { counts: FaultCounts })[]
  marks?: readonly SavedMark[]
  nodes: readonly {
    name: string
    knownBad?: readonly string[]
    /** Names of the environment variables that its incarnations were given. */
    variables?: readonly string[]
    incarnations: readonly SavedIncarnation[]
  }[]
}
