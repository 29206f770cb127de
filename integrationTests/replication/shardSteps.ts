import type { BreakableCluster, Fault } from '@breakwater/harness'
import { expect } from 'vitest'
import type { PeerClient, ShardStatus } from '../../fixtures/systems/peer/client.ts'
import { brokenPromises } from '../../fixtures/systems/peer/exploration/shardClaims.ts'
import { peerWith } from '../../fixtures/systems/peer/system.ts'
import { whileAlive } from '../leaders.ts'
import { oneShard, type PeerNode, shard, statusOf } from './leaderShard.ts'

export type PeerCluster = BreakableCluster<PeerClient, 3>

/** Three replicas whose logs are cut into small files and soon stood for by a snapshot. */
export function smallShard(env: Readonly<Record<string, string>>) {
  return {
    system: peerWith({
      shards: oneShard,
      env: { PEER_SNAPSHOT_ENTRIES: '16', PEER_ELECTION_TIMEOUT_MS: '300', ...env },
    }),
    nodes: 3,
    powerCuts: true,
  } as const
}

/** So slow that a crash falls into a step and not behind it. */
export function slowDisks(cluster: PeerCluster, ms: number): Promise<Fault[]> {
  const slow = { operations: ['sync'], effect: { type: 'delay', ms } } as const
  return Promise.all(cluster.nodes.map((node) => cluster.failDisk(node, slow)))
}

/** Calls that go on until the node is gone, or there were enough; what is refused meanwhile is in the history. */
export async function untilGone(node: PeerNode, most: number, act: (at: number) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < most && node.running; at++) await whileAlive(node, () => act(at)).catch(() => {})
}

/** Starts what is down: a majority that does not need this one first, so that what only it has on disk is not enough. */
export async function startAllBut(cluster: PeerCluster, last: PeerNode): Promise<string> {
  return trouble(async () => {
    await Promise.all(cluster.nodes.filter((node) => node !== last && !node.running).map((node) => node.start()))
  })
}

export async function trouble(act: () => Promise<unknown>): Promise<string> {
  return act().then(
    () => 'none',
    (error: Error) => error.message,
  )
}

/** What the logs of all lives tell: votes kept, terms with one leader, nothing committed that a later leader lacks. */
export function expectPromisesKept(nodes: readonly PeerNode[]): void {
  expect(brokenPromises(shard, nodes), 'votes, snapshots and commits are kept').toEqual([])
}

export async function knownStatus(node: PeerNode): Promise<ShardStatus> {
  const status = await statusOf(node)
  if (!status) throw new Error(`${node.name} holds no replica of ${shard}.`)
  return status
}
