import type { Budget } from './budget.ts'
import { formatMs } from './units.ts'

/** What is looked at of a write: operations of a history are such. */
export interface TimedWrite {
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly outcome: 'ok' | 'fail' | 'info'
}

/** What clients saw of one kill. */
export interface FailoverGap {
  killedAtMs: number
  /** The longest time without an acknowledged write around or after the kill; Infinity when none came any more. */
  gapMs: number
  /** The longest time in that gap in which no client had a write under way: nobody was there to see. */
  untriedMs: number
}

/**
 * The client-visible failover of each kill: the longest stretch between two acknowledged writes, from the last one before the
 * kill to the next kill or the end of the history. Not from the kill to the next acknowledgement, which may have been under
 * way when the leader died.
 */
export function failoverGaps(writes: readonly TimedWrite[], killsAtMs: readonly number[]): FailoverGap[] {
  const acknowledged = writes.filter(({ outcome }) => outcome === 'ok').map(({ endedAtMs }) => endedAtMs)
  acknowledged.sort((a, b) => a - b)
  const kills = [...killsAtMs].sort((a, b) => a - b)
  return kills.map((killedAtMs, at) => {
    const nextKillMs = kills[at + 1] ?? Number.POSITIVE_INFINITY
    const before = acknowledged.findLast((ms) => ms <= killedAtMs) ?? killedAtMs
    const after = acknowledged.filter((ms) => ms > killedAtMs && ms <= nextKillMs)
    const [fromMs, toMs] = after.length === 0 ? [before, Number.POSITIVE_INFINITY] : longestStretch([before, ...after])
    return { killedAtMs, gapMs: toMs - fromMs, untriedMs: longestUncovered(writes, fromMs, toMs) }
  })
}

export interface FailoverVerdict {
  verdict: 'met' | 'broken' | 'inconclusive'
  found: string
}

const leastKills = 5
/** Of the budget: a gap in which nobody tried for longer than this is not the system's. */
const mostUntriedRatio = 0.1

/** Every kill must stay below the limit, and there must be five of them: the median of some failovers is nobody's outage. */
export function judgeFailover(gaps: readonly FailoverGap[], budget: Budget): FailoverVerdict {
  const each = gaps.map(({ gapMs }) => (Number.isFinite(gapMs) ? formatMs(gapMs) : 'for good')).join(', ')
  const found = `${gaps.length} kills left clients without an acknowledged write: ${each || 'no reading'}; the budget of each is ${formatMs(budget.limit)} (${budget.name}: ${budget.source}).`
  const over = gaps.filter(({ gapMs }) => gapMs > budget.limit)
  const unseen = over.find(({ untriedMs }) => untriedMs > budget.limit * mostUntriedRatio)
  if (over.length > 0 && unseen === undefined) return { verdict: 'broken', found }
  if (unseen !== undefined) {
    const untried = Number.isFinite(unseen.untriedMs) ? `for ${formatMs(unseen.untriedMs)} of one of them` : 'any more'
    return { verdict: 'inconclusive', found: `${found} No client tried to write ${untried}.` }
  }
  if (gaps.length < leastKills)
    return { verdict: 'inconclusive', found: `${found} At least ${leastKills} kills are needed.` }
  return { verdict: 'met', found }
}

function longestStretch(times: readonly number[]): [number, number] {
  let found: [number, number] = [times[0]!, times[0]!]
  for (let at = 1; at < times.length; at++) {
    const [from, to] = [times[at - 1]!, times[at]!]
    if (to - from > found[1] - found[0]) found = [from, to]
  }
  return found
}

/** The longest part of a stretch that no write lies over. A stretch without an end is looked at up to the last write's. */
function longestUncovered(writes: readonly TimedWrite[], fromMs: number, toMs: number): number {
  const over = writes.filter(({ startedAtMs, endedAtMs }) => endedAtMs > fromMs && startedAtMs < toMs)
  over.sort((a, b) => a.startedAtMs - b.startedAtMs)
  if (over.length === 0) return toMs - fromMs
  let coveredToMs = fromMs
  let longest = 0
  for (const { startedAtMs, endedAtMs } of over) {
    longest = Math.max(longest, startedAtMs - coveredToMs)
    coveredToMs = Math.max(coveredToMs, endedAtMs)
  }
  return Number.isFinite(toMs) ? Math.max(longest, toMs - coveredToMs) : longest
}
