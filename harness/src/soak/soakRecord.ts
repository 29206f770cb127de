import { join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import type { Verdict } from '../check/verdict.ts'
import type { FamilyName } from '../nemesis/schedule.ts'
import { readJsonArtifact, writeArtifact } from '../run/artifact.ts'
import type { NodeReading } from './nodeReading.ts'
import type { CalmStretch } from './shape.ts'

/** Something that must not happen, and in which window it did. `by` is a checker, or `liveness`, `node`, `fault`, `carried`, `disk` … */
export interface SoakFinding {
  window: number
  by: string
  message: string
}

/** One window, as it was judged. */
export interface SoakWindow {
  number: number
  seed: number
  /** Since the soak began, ms. */
  atMs: number
  durationMs: number
  spared: string
  operations: Record<'ok' | 'fail' | 'info', number>
  latencyP50Ms: number
  latencyP99Ms: number
  /** Absent when it ended before its calm was over. */
  calm?: CalmStretch
  /** Of the schedule: what was opened and healed, and how much of it did nothing; what never opened. */
  faults: { healed: number; withoutEffect: number; notOpened: number }
  /** Each that opened; times since the soak began, ms. */
  opened: { family: FamilyName; targets: readonly string[]; fromMs: number; toMs: number }[]
  verdicts: Pick<Verdict, 'checker' | 'verdict'>[]
  /** Earlier windows whose data were found as they had been left. */
  carried: number[]
  findings: SoakFinding[]
}

export type SoakOutcome = 'underWay' | 'passed' | 'failed' | 'inconclusive' | 'interrupted'

/** One process that carried the soak on. */
export interface SoakRunner {
  /** ISO 8601. */
  startedAt: string
  firstWindow: number
  /** What went with the runner before it. */
  lost?: string
}

/** soak.json: all that a soak knows, written after each window. Readers refuse another version. */
export interface SoakRecord {
  version: 1
  system: string
  build?: string
  seed: number
  runtime: string
  nodes: number
  durationMs: number
  windowMs: number
  ratePerSecond: number
  /** How many green windows keep their history. */
  keepWindows: number
  mostDiskBytes: number
  warmUpMs: number
  settings: Readonly<Record<string, string>>
  shares: Readonly<Record<string, number>>
  runners: SoakRunner[]
  /** Soaked so far, over all runners. */
  elapsedMs: number
  nextWindow: number
  operations: Record<'ok' | 'fail' | 'info', number>
  faults: { healed: number; withoutEffect: number; notOpened: number; families: Partial<Record<FamilyName, number>> }
  windows: SoakWindow[]
  readings: NodeReading[]
  /** By checker, over all windows. */
  judged: Record<string, Record<Verdict['verdict'], number>>
  /** States that a node logged. */
  states: string[]
  /** Of the shape, over all windows; as far as it can be said when the soak is under way. */
  verdicts: Verdict[]
  findings: SoakFinding[]
  diskBytes: number
  outcome: SoakOutcome
}

const recordName = 'soak.json'

export function saveSoak(folder: string, record: SoakRecord): void {
  writeArtifact(join(folder, recordName), `${JSON.stringify(record)}\n`)
}

/** Throws ARTIFACT_UNREADABLE when there is none, or one that this Breakwater does not know. */
export function readSoak(folder: string): SoakRecord {
  const path = join(folder, recordName)
  const record = readJsonArtifact(path) as Partial<SoakRecord>
  if (record.version === 1 && Array.isArray(record.windows)) return record as SoakRecord
  throw new HarnessError(
    'ARTIFACT_UNREADABLE',
    `${path} cannot be gone on with: its version is not one that is known here.`,
  )
}
