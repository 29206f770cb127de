import { formatMs } from '../base/units.ts'
import type { History } from '../history/history.ts'
import { clockWentBack } from '../history/span.ts'
import type { Call } from './linearizable/call.ts'
import { absent, type Content, showContent } from './linearizable/content.ts'
import { ofTable } from './reading.ts'
import { doubtsOf, type KeySources, seenBy, sourcesOf, strangersUntil, writtenBy } from './sources.ts'
import { conclude, counted, firstOf, type Verdict } from './verdict.ts'

export interface StalenessOptions {
  /** Judge this table only. */
  table?: string
  /** How long a value may still be read after a later one was acknowledged, ms. Without it nothing is claimed. */
  withinMs?: number
}

/**
 * How far reads are behind. A read is stale if, before it began, a write had been acknowledged that began after every
 * write of the value read had ended; it is behind by the time since the first such acknowledgement. Fresh reads count as 0.
 * Local reads are judged, too. It does not see reads of values that nobody wrote, nor what appends and adds made; keys that
 * an operation of no known kind may have touched make the verdict `unknown`.
 */
export function staleness(history: History, options: StalenessOptions = {}): Verdict {
  const { withinMs } = options
  const behindMs: number[] = []
  const tooFar: { sentence: string; behindMs: number; operation: unknown }[] = []
  const keys = sourcesOf(history.operations, options.table)
  for (const sources of keys) {
    if (sources.doubt !== undefined) continue
    const supersededAtMs = supersession(sources)
    for (const call of sources.calls) {
      const seen = call.act === 'read' ? seenBy(call) : undefined
      const source = seen === undefined ? undefined : sources.byContent.get(seen)
      if (seen === undefined || source === undefined) continue
      const { node, client } = call.operation
      const latestMs = Math.max(source.latestEndMs, strangersUntil(sources, seen, call.endMs))
      const behind = Math.max(0, call.startMs - supersededAtMs(latestMs, seen))
      behindMs.push(behind)
      if (withinMs === undefined || behind <= withinMs) continue
      const sentence = `${client} read ${showContent(seen)} of ${sources.key ?? 'the register'} on ${node} ${formatMs(behind)} late`
      tooFar.push({ sentence, behindMs: behind, operation: call.operation })
    }
  }
  behindMs.sort((a, b) => a - b)
  const stale = behindMs.filter((each) => each > 0).length
  const figures = { p50: quantile(behindMs, 0.5), p99: quantile(behindMs, 0.99), max: behindMs.at(-1) ?? 0 }
  const found =
    `${counted(stale, 'read', behindMs.length)} stale; behind by p50 ${formatMs(figures.p50)}, ` +
    `p99 ${formatMs(figures.p99)}, at most ${formatMs(figures.max)}`
  tooFar.sort((a, b) => b.behindMs - a.behindMs)
  const doubts = doubtsOf(keys)
  if (behindMs.length === 0) doubts.unshift('no read was recorded whose value was also written')
  const backwards = clockWentBack(history.operations)
  if (backwards !== undefined) {
    doubts.unshift(backwards)
    tooFar.length = 0
  }
  if (withinMs === undefined) doubts.push(`no bound was given; ${found}`)
  return conclude({
    checker: 'staleness',
    claim:
      `no read${ofTable(options.table)} is behind` +
      (withinMs === undefined ? '' : ` by more than ${formatMs(withinMs)}`),
    witness: {
      readsJudged: behindMs.length,
      readsStale: stale,
      behindP50Ms: figures.p50,
      behindP99Ms: figures.p99,
      behindMaxMs: figures.max,
    },
    refutations:
      tooFar.length === 0
        ? []
        : [
            `${counted(tooFar.length, 'read', behindMs.length)} too late (${firstOf(tooFar.map((each) => each.sentence))}); ${found}`,
          ],
    doubts,
    upheld: found,
    offenders: tooFar.map(({ behindMs, operation }) => ({ fault: 'stale', behindMs, operation })),
  })
}

/**
 * When the first write was acknowledged that began after the given time and left something else than was seen; Infinity if
 * none was. What appends leave is not known, but it is not nothing.
 */
function supersession({ calls, appends }: KeySources): (afterMs: number, seen: Content) => number {
  const byWrites = firstEndAfter(calls.filter((call) => !call.optional && writtenBy(call) !== undefined))
  const byAppends = firstEndAfter(appends)
  return (afterMs, seen) => {
    return seen === absent ? Math.min(byWrites(afterMs), byAppends(afterMs)) : byWrites(afterMs)
  }
}

function firstEndAfter(writes: readonly Call[]): (afterMs: number) => number {
  const starts = writes.map(({ startMs }) => startMs)
  const earliestEnds = writes.map(({ endMs }) => endMs)
  for (let at = earliestEnds.length - 2; at >= 0; at--) {
    earliestEnds[at] = Math.min(earliestEnds[at] as number, earliestEnds[at + 1] as number)
  }
  return (afterMs) => {
    let [low, high] = [0, starts.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((starts[middle] as number) > afterMs) high = middle
      else low = middle + 1
    }
    return earliestEnds[low] ?? Number.POSITIVE_INFINITY
  }
}

/** The value below or at which so many lie; exact, of a sorted list. */
function quantile(sorted: readonly number[], ratio: number): number {
  return sorted[Math.max(0, Math.ceil(ratio * sorted.length) - 1)] ?? 0
}
