import { formatMs } from '../base/units.ts'
import type { History } from '../history/history.ts'
import { lastSeenAtMs, type Operation } from '../history/operation.ts'
import { ofTable } from './reading.ts'
import { conclude, counted, type Verdict } from './verdict.ts'

export interface AvailabilityOptions {
  /** Judge this table only. */
  table?: string
  /** Judge these kinds of operation only, for one that writes may be cut off while one that reads is not. */
  kinds?: readonly string[]
  /** The longest time for which clients may ask without one being acknowledged, ms. Without it nothing is claimed. */
  withinMs?: number
}

interface Gap {
  fromMs: number
  toMs: number
}

/**
 * The longest time in which clients asked and none was acknowledged: from the last acknowledgement, or from the first
 * operation that began after it if none was under way, to the next one, or to the end of the last attempt.
 */
export function availability(history: History, options: AvailabilityOptions = {}): Verdict {
  const { table, kinds, withinMs } = options
  const operations = history.operations.filter(
    (each) => (table === undefined || each.table === table) && (kinds === undefined || kinds.includes(each.kind)),
  )
  const acknowledged = operations.filter((each) => each.outcome === 'ok').length
  const longest = longestGap(operations)
  const gapMs = longest ? longest.toMs - longest.fromMs : 0
  const found = `the longest time without an acknowledgement was ${formatMs(gapMs)} over ${counted(operations.length, 'operation')}`
  const doubts = acknowledged === 0 ? ['nothing was acknowledged'] : []
  if (withinMs === undefined) doubts.push(`no bound was given; ${found}`)
  const refuted = withinMs !== undefined && gapMs > withinMs
  const attempts = refuted ? operations.filter((each) => longest && overlaps(each, longest)) : []
  const asked = [...new Set(attempts.map((each) => each.node))].sort()
  return conclude({
    checker: 'availability',
    claim: `whoever asks${ofTable(table)} is served${withinMs === undefined ? '' : ` again within ${formatMs(withinMs)}`}`,
    witness: { operationsAttempted: operations.length, operationsAcknowledged: acknowledged, longestGapMs: gapMs },
    refutations: refuted ? [`${found}; asked in it: ${asked.join(', ')}`] : [],
    doubts,
    upheld: found,
    offenders: refuted ? [{ fault: 'gap', ...longest, attempts: attempts.slice(0, 20) }] : [],
  })
}

function longestGap(operations: readonly Operation[]): Gap | undefined {
  const byStart = operations.toSorted((a, b) => a.startedAtMs - b.startedAtMs)
  const acknowledgedAtMs = operations.filter((each) => each.outcome === 'ok').map((each) => each.endedAtMs)
  acknowledgedAtMs.sort((a, b) => a - b)
  const lastEndMs = operations.reduce((last, each) => Math.max(last, lastSeenAtMs(each)), Number.NEGATIVE_INFINITY)
  let longest: Gap | undefined
  let sinceMs = Number.NEGATIVE_INFINITY
  let begun = 0
  let underWayUntilMs = Number.NEGATIVE_INFINITY
  for (const toMs of [...acknowledgedAtMs, lastEndMs]) {
    for (; begun < byStart.length && (byStart[begun] as Operation).startedAtMs <= sinceMs; begun++) {
      underWayUntilMs = Math.max(underWayUntilMs, (byStart[begun] as Operation).endedAtMs)
    }
    const fromMs = underWayUntilMs > sinceMs ? sinceMs : (byStart[begun]?.startedAtMs ?? sinceMs)
    if (toMs > fromMs && (!longest || toMs - fromMs > longest.toMs - longest.fromMs)) longest = { fromMs, toMs }
    sinceMs = toMs
  }
  return longest
}

function overlaps(operation: Operation, { fromMs, toMs }: Gap): boolean {
  return operation.startedAtMs < toMs && operation.endedAtMs > fromMs
}
