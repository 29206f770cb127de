import { awaitReading, type Node } from '@breakwater/harness'
import type { PeerClient } from '../../fixtures/systems/peer/client.ts'
import { budgets } from '../budgets.ts'

/** The node that leads the shard, once there is one that says so of itself. */
export async function shardLeader(nodes: readonly Node<PeerClient>[], shard: string): Promise<Node<PeerClient>> {
  const found = await awaitReading({
    what: `a leader of ${shard}`,
    budget: budgets.failover,
    probe: async () => {
      const roles = await Promise.all(nodes.map(async (node) => ({ node, shards: await node.client.shards() })))
      return roles.find(({ shards }) => shards.some((each) => each.name === shard && each.role === 'leader'))?.node
    },
    until: (node) => node !== undefined,
    describe: (node) => node?.name ?? 'none',
    open: () => nodes[0]?.log.path ?? 'no log: no node was named',
  })
  return found as Node<PeerClient>
}
