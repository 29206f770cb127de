import { awaitReading } from '../base/awaitReading.ts'
import { after } from '../base/clock.ts'
import type { History } from '../history/history.ts'
import type { Opening } from '../nemesis/schedule.ts'
import type { BreakableCluster } from './breakableCluster.ts'

/** Resolves with true once it is time to open, with false when the schedule has ended before. */
export async function awaitOpening<Client>(
  opens: Exclude<Opening, { with: string }>,
  { cluster, history, ended }: { cluster: BreakableCluster<Client>; history: History; ended: AbortSignal },
): Promise<boolean> {
  if ('afterMs' in opens) {
    await after(opens.afterMs, ended)
    return !ended.aborted
  }
  const seen = sightingOf(opens, cluster, history)
  try {
    await awaitReading({
      what: 'an opening',
      budget: longestMs,
      probe: seen,
      until: Boolean,
      everyMs: 2,
      signal: ended,
    })
    return true
  } catch (error) {
    if (ended.aborted) return false
    throw error
  }
}

/** The schedule's own end comes first. */
const longestMs = 3_600_000

/** A look that costs no more than what has happened since the one before. */
function sightingOf<Client>(
  opens: Exclude<Opening, { afterMs: number } | { with: string }>,
  cluster: BreakableCluster<Client>,
  history: History,
): () => boolean {
  if ('acknowledged' in opens) {
    let at = history.operations.length
    let count = 0
    return () => {
      for (; at < history.operations.length; at++) if (history.operations[at]?.outcome === 'ok') count++
      return count >= opens.acknowledged
    }
  }
  const node = (name: string) => {
    const found = cluster.nodes.find((each) => each.name === name)
    if (!found) throw new RangeError(`the schedule waits for ${name}, which is no node of this cluster`)
    return found
  }
  if ('bytes' in opens) {
    const link = cluster.link(node(opens.from), node(opens.to))
    const start = link.bytesPassed
    return () => link.bytesPassed - start >= opens.bytes
  }
  const { log } = node(opens.node)
  const before = log.count(opens.line)
  return () => log.count(opens.line) > before
}
