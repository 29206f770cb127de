import { after, nowMs } from '../base/clock.ts'
import type { Node } from '../cluster/node.ts'
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
  const calm = isCalm()
  const use = await readUse(node, beganAtMs, isSilent)
  if (use) take({ ...use, life: `${runner}.${use.life}`, calm: calm && isCalm() })
}

/** What the node uses now, its memory after a forced collection; undefined when it is just gone. `beganAtMs` since the epoch. */
export async function readUse(
  node: Pick<Node<unknown>, 'name' | 'incarnation' | 'life' | 'control'>,
  beganAtMs: number,
  isSilent = false,
): Promise<NodeReading | undefined> {
  const { life, incarnation } = node
  // A system without a preload tells only what the operating system knows of it; one that just ended tells nothing.
  const retainedBytes = isSilent ? undefined : await node.control.retainedBytes().catch(() => undefined)
  const reading = life.reading()
  if (!reading) return undefined
  const atMs = nowMs()
  return {
    atMs: Math.round(atMs - beganAtMs),
    node: node.name,
    life: `${node.name}.${incarnation}`,
    ageMs: Math.round(atMs - life.startedAtMs),
    rssBytes: reading.rssBytes,
    rssAnonBytes: reading.rssAnonBytes,
    ...(retainedBytes === undefined ? {} : { retainedBytes }),
    handleCount: reading.handleCount,
    socketCount: reading.socketCount,
    calm: true,
  }
}
