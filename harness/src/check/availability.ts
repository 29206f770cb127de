import { formatMs } from '../base/units.ts'
import { anyNode } from '../history/effects.ts'
import type { History } from '../history/history.ts'
import type { Operation } from '../history/operation.ts'
import { clockWentBack } from '../history/span.ts'
import { type Gap, longestGap } from './longestGap.ts'
import { ofTable } from './reading.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

/** Who must be served: somebody of all that ask, each client, or through each node. */
export const servedOnes = ['system', 'client', 'node'] as const

export interface AvailabilityOptions {
  /** Judge this table only. */
  table?: string
  /** Judge these kinds of operation only, for one that writes may be cut off while one that reads is not. */
  kinds?: readonly string[]
  /** The longest time for which clients may ask without one being acknowledged, ms. Without it nothing is claimed. */
  withinMs?: number
  /**
   * `system`: whether anybody is served. `client`, `node`: each client is, each node that is asked serves. Without it the
   * system and every client that is never served; longer waits of one client or at one node leave it unknown.
   */
  per?: (typeof servedOnes)[number]
}

/** A shorter pause between two failed attempts is a client that tries again, ms; more than that is idle. */
const longestPauseMs = 1_000

/**
 * Whoever asks is served within a bound: the longest time in which somebody asked and nobody was acknowledged. Nobody asks
 * in an idle time, so it is no outage.
 *
 * Does not see an outage in which nobody asked, nor whether an answer was right; an operation that ended `fail` was not served,
 * whatever the reason.
 */
export function availability(history: History, options: AvailabilityOptions = {}): Verdict {
  const { table, kinds, withinMs, per } = options
  const operations = history.operations.filter(
    (each) => (table === undefined || each.table === table) && (kinds === undefined || kinds.includes(each.kind)),
  )
  const acknowledged = operations.filter((each) => each.outcome === 'ok').length
  const gapOf = gapsUpTo(history, withinMs)
  const all = per === 'client' || per === 'node' ? undefined : gapOf(operations)
  const clients = per === 'client' || per === undefined ? groups(operations, 'client') : []
  const nodes = per === 'node' || per === undefined ? groups(operations, 'node') : []
  const witness = { operationsAttempted: operations.length, operationsAcknowledged: acknowledged, longestGapMs: 0 }
  const refutations: string[] = []
  const doubts = acknowledged === 0 ? ['nothing was acknowledged'] : []
  const offenders: unknown[] = []
  const isTooLong = (gap: Gap | undefined) => gap !== undefined && withinMs !== undefined && lengthOf(gap) > withinMs

  const refute = (sentence: string, gap: Gap, asking: readonly Operation[]) => {
    const attempts = asking.filter((each) => overlaps(each, gap))
    const asked = [...new Set(attempts.map((each) => each.node))].sort()
    refutations.push(`${sentence}; asked in it: ${asked.join(', ')}`)
    offenders.push({ fault: 'gap', ...gap, attempts: attempts.slice(0, 20) })
  }

  witness.longestGapMs = lengthOf(all)
  const over = `over ${counted(operations.length, 'operation')}`
  if (all && isTooLong(all)) {
    refute(`the longest time without an acknowledgement was ${formatMs(lengthOf(all))} ${over}`, all, operations)
  }
  const waiting: string[] = []
  for (const { name, what, own } of [...clients, ...nodes]) {
    const gap = gapOf(own)
    if (per !== undefined) witness.longestGapMs = Math.max(witness.longestGapMs, lengthOf(gap))
    if (gap === undefined || !isTooLong(gap)) continue
    const never = !own.some((each) => each.outcome === 'ok')
    const asked = `${name} ${what === 'client' ? 'asked' : 'was asked'} for ${formatMs(lengthOf(gap))}`
    const sentence = `${asked} without an acknowledgement${never ? ', and never had one' : ''}`
    if (per !== undefined || (what === 'client' && never)) refute(sentence, gap, own)
    else waiting.push(sentence)
  }
  const found = `the longest time without an acknowledgement was ${formatMs(witness.longestGapMs)} ${over}`
  if (waiting.length > 0) {
    doubts.push(`${found}, but ${firstOf(waiting)} (\`per\` says whether that counts: system, client or node)`)
  }
  if (withinMs === undefined) doubts.push(`no bound was given; ${found}`)
  const untimed = clockWentBack(operations)
  if (untimed !== undefined && refutations.length > 0) doubts.push(...refutations.splice(0), untimed)
  return conclude({
    checker: 'availability',
    claim: `${claims[per ?? 'whoever']}${ofTable(table)}${withinMs === undefined ? '' : ` again within ${formatMs(withinMs)}`}`,
    witness,
    refutations,
    doubts,
    upheld: found,
    offenders: refutations.length > 0 ? offenders : [],
  })
}

const claims = {
  whoever: 'whoever asks is served',
  system: 'somebody of those who ask is served',
  client: 'each client that asks is served',
  node: 'each node that is asked serves',
}

function gapsUpTo(
  history: History,
  withinMs: number | undefined,
): (operations: readonly Operation[]) => Gap | undefined {
  let lastMs = Number.NEGATIVE_INFINITY
  const see = (atMs: number) => {
    if (Number.isFinite(atMs) && atMs > lastMs) lastMs = atMs
  }
  for (const { startedAtMs, endedAtMs } of history.operations) {
    see(startedAtMs)
    see(endedAtMs)
  }
  for (const { atMs } of history.observations) see(atMs)
  for (const { atMs } of history.events) see(atMs)
  return (operations) => longestGap(operations, Math.min(withinMs ?? longestPauseMs, longestPauseMs), lastMs)
}

/** A load does not tell which node it asked. */
function groups(operations: readonly Operation[], what: 'client' | 'node') {
  return [...Map.groupBy(operations, (each) => each[what])]
    .filter(([name]) => what === 'client' || name !== anyNode)
    .map(([name, own]) => ({ name, what, own }))
}

function lengthOf(gap: Gap | undefined): number {
  return gap === undefined ? 0 : gap.toMs - gap.fromMs
}

function overlaps({ startedAtMs, endedAtMs }: Operation, { fromMs, toMs }: Gap): boolean {
  return Math.min(startedAtMs, endedAtMs) < toMs && Math.max(startedAtMs, endedAtMs) > fromMs
}
