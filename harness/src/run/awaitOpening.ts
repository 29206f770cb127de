import { awaitReading } from '../base/awaitReading.ts'
import type { Node } from '../cluster/node.ts'
import type { History } from '../history/history.ts'
import type { Opening } from '../nemesis/schedule.ts'
import type { BreakableCluster } from './breakableCluster.ts'
import { LinesSeen } from './linesSeen.ts'
import { countAcknowledged, type ScheduleClock } from './scheduleClock.ts'

/** It is time to open. */
export interface Due {
  /** Where any node's line was waited for: who logged it. */
  loggedBy?: string
  /** The trigger did not come, and is waited for no longer. */
  atTheLatest?: true
}

interface Surroundings<Client> {
  cluster: BreakableCluster<Client>
  history: History
  clock: ScheduleClock
  ended: AbortSignal
}

/** Resolves once it is time to open, with undefined when the schedule has ended before. */
export async function awaitOpening<Client>(
  opens: Exclude<Opening, { with: string }>,
  { cluster, history, clock, ended }: Surroundings<Client>,
): Promise<Due | undefined> {
  if ('afterMs' in opens) {
    await clock.reached(opens.afterMs, ended)
    return ended.aborted ? undefined : {}
  }
  const { latestMs = Number.POSITIVE_INFINITY } = opens
  const { look, close } = lookoutFor(opens, cluster, history)
  try {
    return await awaitReading({
      what: 'an opening',
      budget: longestMs,
      probe: (): Due | undefined => look() ?? (clock.nowMs() >= latestMs ? { atTheLatest: true } : undefined),
      until: (due) => due !== undefined,
      everyMs: 1,
      signal: ended,
    })
  } catch (error) {
    if (ended.aborted) return undefined
    throw error
  } finally {
    close()
  }
}

/** The schedule's own end comes first. */
const longestMs = 3_600_000

/** Each look costs no more than what has happened since the one before. */
interface Lookout {
  look(): Due | undefined
  close(): void
}

function lookoutFor<Client>(
  opens: Exclude<Opening, { afterMs: number } | { with: string }>,
  cluster: BreakableCluster<Client>,
  history: History,
): Lookout {
  const once = (isDue: () => boolean): Lookout => ({ look: () => (isDue() ? {} : undefined), close: () => {} })
  if ('acknowledged' in opens) {
    const acknowledged = countAcknowledged(history)
    return once(() => acknowledged() >= opens.acknowledged)
  }
  const nodeOf = (name: string): Node<Client> => {
    const found = cluster.nodes.find((each) => each.name === name)
    if (!found) throw new RangeError(`the schedule waits for ${name}, which is no node of this cluster`)
    return found
  }
  if ('bytes' in opens) {
    const link = cluster.link(nodeOf(opens.from), nodeOf(opens.to))
    const start = link.bytesPassed
    return once(() => link.bytesPassed - start >= opens.bytes)
  }
  const { line, node, times = 1 } = opens
  const seen = new LinesSeen(node === undefined ? cluster.nodes : [nodeOf(node)], line)
  return {
    look: () => {
      const loggedBy = seen.look()[times - 1]
      if (loggedBy === undefined) return undefined
      return node === undefined ? { loggedBy } : {}
    },
    close: () => seen.close(),
  }
}
