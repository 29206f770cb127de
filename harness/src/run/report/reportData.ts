import type { GuardOutcome, SavedCheck, SavedFault, SavedGuard, SavedIncarnation } from '../runRecord.ts'
import type { OperationFigures } from './figures/operationFigures.ts'

/**
 * What one page tells, wherever it was read from: a guard's folder, a run of an exploration, a window of a soak. Times are ms
 * since the epoch. Lists are bounded by whoever fills them (operations by OperationSummary, marks by LogMarks).
 */
export interface ReportData {
  title: string
  /** Absent: nobody said how it ended, and the worst check stands for it. */
  outcome?: GuardOutcome
  /** Why it failed, in the runner's words. */
  message?: string
  seed?: number
  /** The command that does it again. */
  again?: string
  durationMs?: number
  runtime?: string
  checks: readonly SavedCheck[]
  readings: NonNullable<SavedGuard['readings']>
  faults: readonly SavedFault[]
  nodes: readonly ReportNode[]
  operations: OperationFigures
  marks: MarkList
  /** Tables that are text already: the figures of loads. */
  texts: readonly { name: string; text: string }[]
  /** What lies beside the page, by its path from there. */
  files: readonly string[]
  /** The page above this one, by its path from here. */
  up?: string
  /** What could not be read, and so is not on the page: a sentence each. */
  problems: readonly string[]
}

export interface ReportNode {
  name: string
  lives: readonly ReportLife[]
  /** When it led by its own log, and what, where it says so. Without an end: until the last thing known. */
  leads: readonly Lead[]
}

export interface ReportLife extends SavedIncarnation {
  memory: Curve
  /** Open files and sockets. */
  handles: Curve
}

/** Two columns of the same length. */
export interface Curve {
  atMs: readonly number[]
  values: readonly number[]
}

export interface Lead {
  fromMs: number
  toMs?: number
  /** The shard, where a node may lead several. */
  of?: string
}

/** The lines of logs that a person would look for. */
export interface MarkList {
  shown: readonly LogMark[]
  /** How many lines there were of each name, shown or not. */
  counts: Readonly<Record<string, number>>
}

export interface LogMark {
  node: string
  incarnation: number
  atMs: number
  /** error, warning, or what the system calls such a line. */
  name: string
  /** The line in short. */
  text: string
  /** Path of the log from the page, and the line's number in it, from 1. */
  log: string
  line: number
  /** The line with some before and after it, as they stand in the log, cut to a bounded length. */
  lines: readonly string[]
  /** Which of them it is, from 0. */
  at: number
}
