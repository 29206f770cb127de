import type { Verdict } from '../check/verdict.ts'
import { judgeErrors, judgeGaps, judgeHandles, judgeMemory, judgeThroughput } from './shape.ts'
import type { SoakOutcome, SoakRecord } from './soakRecord.ts'

/** What the windows show together that none of them shows alone. */
export function judgeShape({
  readings,
  windows,
  warmUpMs,
}: Pick<SoakRecord, 'readings' | 'windows' | 'warmUpMs'>): Verdict[] {
  const calm = windows.flatMap((window) => window.calm ?? [])
  return [
    ...judgeMemory(readings, warmUpMs),
    judgeHandles(readings, warmUpMs),
    judgeThroughput(calm),
    judgeErrors(calm),
    judgeGaps(calm),
  ]
}

/** Red for what was found, whatever else; green only when every claim has its witness. */
export function outcomeOf(record: SoakRecord, interrupted: boolean): SoakOutcome {
  const { findings, verdicts } = record
  if (findings.length > 0 || verdicts.some(({ verdict }) => verdict === 'invalid')) return 'failed'
  if (interrupted) return 'interrupted'
  const open =
    record.stopped !== undefined || record.windows.length === 0 || verdicts.some(({ verdict }) => verdict === 'unknown')
  return open || neverJudged(record).length > 0 ? 'inconclusive' : 'passed'
}

/** Checkers that judged no window at all, for want of a witness. */
export function neverJudged({ judged }: Pick<SoakRecord, 'judged'>): string[] {
  return Object.entries(judged)
    .filter(([, { valid, invalid }]) => valid + invalid === 0)
    .map(([checker]) => checker)
}
