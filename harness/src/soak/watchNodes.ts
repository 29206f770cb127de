import { after, nowMs } from '../base/clock.ts'
import type { BreakableCluster } from '../run/breakableCluster.ts'
import type { NodeReading } from './nodeReading.ts'

export interface WatchOptions {
  cluster: BreakableCluster<never>
  /** Tells one runner's clusters from another's in the names of lives. */
  runner: number
  everyMs: number
  /** ms since the epoch. */
  beganAtMs: number
  /** Names of nodes that could not answer now: they are paused. */
  silent: () => ReadonlySet<string>
  isCalm: () => boolean
  take: (reading: NodeReading) => void
}

/** Reads every node from time to time until `ended` aborts; resolves then. */
export async function watchNodes(options: WatchOptions, ended: AbortSignal): Promise<void> {
  const { cluster, everyMs, silent } = options
  while (!ended.aborted) {
    await after(everyMs, ended)
    if (ended.aborted) return
    await Promise.all(cluster.nodes.map((node) => readNode(node, options, silent().has(node.name))))
  }
}

async function readNode(
  node: BreakableCluster<never>['nodes'][number],
  { runner, beganAtMs, isCalm, take }: WatchOptions,
  isSilent: boolean,
): Promise<void> {
  if (!node.running) return
  const { life, incarnation } = node
  const calm = isCalm()
  // A system without a preload tells only what the operating system knows of it; one that just ended tells nothing.
  const retainedBytes = isSilent ? undefined : await node.control.retainedBytes().catch(() => undefined)
  const reading = life.reading()
  if (!reading) return
  const atMs = nowMs()
  take({
    atMs: Math.round(atMs - beganAtMs),
    node: node.name,
    life: `${runner}.${node.name}.${incarnation}`,
    ageMs: Math.round(atMs - life.startedAtMs),
    rssBytes: reading.rssBytes,
    rssAnonBytes: reading.rssAnonBytes,
    ...(retainedBytes === undefined ? {} : { retainedBytes }),
    handleCount: reading.handleCount,
    socketCount: reading.socketCount,
    calm: calm && isCalm(),
  })
}
