import { after } from '../base/clock.ts'
import { HarnessError } from '../base/errors.ts'
import { type Fault, openFault } from '../base/fault.ts'
import type { Node } from '../cluster/node.ts'

export interface Starving {
  /** Part of the time in which the node's processes may run, above 0 and below 1. */
  readonly cpuRatio: number
  /** How often it is stopped, ms. Default 100, as a quota of the kernel is dealt out. */
  readonly periodMs?: number
}

/**
 * Stops and resumes all processes of a node in turn, as a CPU quota does. It lasts over restarts of the node. Its effect is each stop. A
 * pause of the same node is ended by the next resume: open one of the two.
 */
export function starve<Client>(node: Node<Client>, { cpuRatio, periodMs = 100 }: Starving): Fault {
  if (!(cpuRatio > 0 && cpuRatio < 1) || !(periodMs >= 10)) {
    throw new HarnessError(
      'BAD_USAGE',
      `A node is starved with cpuRatio between 0 and 1 and periodMs from 10, not ${cpuRatio} and ${periodMs}.`,
    )
  }
  const healed = new AbortController()
  let stops = 0
  let stoppedMs = 0
  const turns = (async () => {
    while (!healed.signal.aborted) {
      await after(periodMs * cpuRatio, healed.signal)
      if (healed.signal.aborted || !(await stopped(node))) continue
      const startedAt = performance.now()
      stops++
      await after(periodMs * (1 - cpuRatio), healed.signal)
      if (node.running) await node.resume()
      stoppedMs += performance.now() - startedAt
    }
  })()
  // Told by the heal, which everybody awaits.
  turns.catch(() => {})
  return openFault({
    name: `starve ${node.name} to ${Math.round(cpuRatio * 100)} % of a processor`,
    kind: 'starve',
    targets: [node.name],
    counts: () => ({ stops, stoppedMs }),
    effects: () => stops,
    heal: async () => {
      healed.abort()
      await turns
    },
  })
}

/** False where there is nothing to stop: the node is down, or ends just then. */
async function stopped<Client>(node: Node<Client>): Promise<boolean> {
  if (!node.running) return false
  try {
    await node.pause()
    return true
  } catch (error) {
    if (error instanceof HarnessError && error.code === 'NODE_EXITED') return false
    throw error
  }
}
