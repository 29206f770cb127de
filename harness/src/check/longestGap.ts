import type { Operation } from '../history/operation.ts'

/** A time in which somebody asked and nobody was served. */
export interface Gap {
  fromMs: number
  toMs: number
}

interface Asked {
  fromMs: number
  toMs: number
  served: boolean
}

/**
 * The longest gap: from when somebody asks who is not served, or from the last acknowledgement while others still wait, to
 * the next one, or to the end of the last attempt. Nobody asks in an idle time, so it ends a gap; only one below
 * `bridgeMs` between two attempts that failed is a pause of who tries again, and belongs to it.
 */
export function longestGap(operations: readonly Operation[], bridgeMs: number, lastMs: number): Gap | undefined {
  const asked = operations.map((each) => askedBy(each, lastMs)).filter((each) => each !== undefined)
  asked.sort((a, b) => a.fromMs - b.fromMs)
  const servedAtMs = asked.filter(({ served }) => served).map(({ toMs }) => toMs)
  servedAtMs.sort((a, b) => a - b)
  let longest: Gap | undefined
  let open: Gap | undefined
  let served = 0
  const end = (toMs: number) => {
    if (open === undefined) return
    const gap = { fromMs: open.fromMs, toMs: Math.min(toMs, open.toMs) }
    if (longest === undefined || gap.toMs - gap.fromMs > longest.toMs - longest.fromMs) longest = gap
  }
  const serveUpTo = (limitMs: number) => {
    for (; served < servedAtMs.length && (servedAtMs[served] as number) <= limitMs; served++) {
      const atMs = servedAtMs[served] as number
      end(atMs)
      open = open !== undefined && open.toMs > atMs ? { fromMs: atMs, toMs: open.toMs } : undefined
    }
  }
  for (const each of asked) {
    serveUpTo(each.fromMs)
    const idleMs = open === undefined ? Number.POSITIVE_INFINITY : each.fromMs - open.toMs
    if (open !== undefined && (idleMs <= 0 || (idleMs < bridgeMs && !each.served))) {
      open.toMs = Math.max(open.toMs, each.toMs)
      continue
    }
    end(Number.POSITIVE_INFINITY)
    open = { fromMs: each.fromMs, toMs: each.toMs }
  }
  serveUpTo(Number.POSITIVE_INFINITY)
  end(Number.POSITIVE_INFINITY)
  return longest
}

/** From when to when it was waited for: up to now if it is under way. A clock that went back under it turns the two round. */
function askedBy({ startedAtMs, endedAtMs, outcome }: Operation, lastMs: number): Asked | undefined {
  const endMs = Math.min(endedAtMs, Math.max(lastMs, startedAtMs))
  if (Number.isNaN(startedAtMs) || Number.isNaN(endMs)) return undefined
  return { fromMs: Math.min(startedAtMs, endMs), toMs: Math.max(startedAtMs, endMs), served: outcome === 'ok' }
}
