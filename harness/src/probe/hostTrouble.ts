import { formatMs } from '../base/units.ts'
import type { HostReading } from './canary.ts'

/** A process that was due did not get to run for so long: others did not either. */
const longestStallMs = 1_000
/**
 * So many threads wanted each core, on average over the whole wait. A cluster that burns all it can get comes to one or two a node, on few
 * nodes; a machine with this many has other work to do.
 */
const mostRunnablePerCore = 4
const mostStealRatio = 0.25

/** Why a wait in vain on this host says nothing of the system; undefined where it does, or where nobody watched. */
export function hostTrouble({
  longestStallMs: stallMs,
  readingCount,
  runnablePerCore,
  stealRatio,
  load,
}: HostReading): string | undefined {
  if (readingCount === 0) return undefined
  const reading = load === undefined ? '' : ` (${load})`
  if (stallMs >= longestStallMs) return `the host stalled for ${formatMs(stallMs)}${reading}`
  if (stealRatio !== undefined && stealRatio >= mostStealRatio)
    return `the hypervisor took ${Math.round(stealRatio * 100)} % of the host's time${reading}`
  if (runnablePerCore !== undefined && runnablePerCore >= mostRunnablePerCore)
    return `the host was starved: ${runnablePerCore.toFixed(1)} threads wanted each core${reading}`
  return undefined
}
