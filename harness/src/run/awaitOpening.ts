import { awaitReading } from '../base/awaitReading.ts'
import { after } from '../base/clock.ts'
import type { Node } from '../cluster/node.ts'
import type { History } from '../history/history.ts'
import { isUnderWay, type Operation } from '../history/operation.ts'
import type { Opening } from '../nemesis/schedule.ts'
import type { BreakableCluster } from './breakableCluster.ts'
import { LinesSeen } from './linesSeen.ts'

/** It is time to open. */
export interface Due {
  /** Where any node's line was waited for: who logged it. */
  loggedBy?: string
}

/** Resolves once it is time to open, with undefined when the schedule has ended before. */
export async function awaitOpening<Client>(
  opens: Exclude<Opening, { with: string }>,
  { cluster, history, ended }: { cluster: BreakableCluster<Client>; history: History; ended: AbortSignal },
): Promise<Due | undefined> {
  if ('afterMs' in opens) {
    await after(opens.afterMs, ended)
    return ended.aborted ? undefined : {}
  }
  const { look, close } = lookoutFor(opens, cluster, history)
  try {
    return await awaitReading({
      what: 'an opening',
      budget: longestMs,
      probe: look,
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
    let open = history.underWay()
    let at = history.operations.length
    let count = 0
    return once(() => {
      for (; at < history.operations.length; at++) open.push(history.operations[at] as Operation)
      for (const { outcome } of open) if (outcome === 'ok') count++
      open = open.filter(isUnderWay)
      return count >= opens.acknowledged
    })
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
