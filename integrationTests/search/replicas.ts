import { awaitReading, type GuardRun, type Node, type Random } from '@breakwater/harness'
import { expect } from 'vitest'
import type { ReplicaStatus, VectordClient } from '../../fixtures/systems/vectord/client.ts'
import { budgets } from '../budgets.ts'
import { agreeOnLeader } from '../leaders.ts'
import { observeVectors } from './stores.ts'
import { drawVector, recall } from './vectors.ts'

export type VectorNode = Node<VectordClient>

export const members = ['n1', 'n2', 'n3']

export async function replicaOf(client: VectordClient, shard: string): Promise<ReplicaStatus | undefined> {
  return (await client.cluster()).shards.find(({ name }) => name === shard)
}

/** Waits until one of these nodes leads the shard and all the others of them that run follow it. */
export function leaderOf(nodes: readonly VectorNode[], shard: string): Promise<VectorNode> {
  return agreeOnLeader(nodes, shard, async (client) => (await replicaOf(client, shard))?.leader)
}

/** Waits until every replica of the shard has applied what any has committed, then compares. */
export async function replicasEqual(nodes: readonly VectorNode[], shard: string): Promise<void> {
  const replicas = await awaitReading({
    what: `the replicas of ${shard} to apply the same`,
    budget: budgets.healConvergence,
    probe: () => Promise.all(nodes.map(({ client }) => replicaOf(client, shard))),
    until: (all) =>
      all.every(
        (one) => one?.leader !== undefined && one.appliedIndex === Math.max(...all.map((of) => of?.lastIndex ?? 0)),
      ),
    describe: (all) => all.map((one) => `${one?.appliedIndex} of ${one?.lastIndex}`).join(', '),
    open: () => nodes[0]?.log.path ?? 'no log',
  })
  expect(new Set(replicas.map((each) => each?.digest)).size, 'the copies of all nodes are equal').toBe(1)
}

/** What each node holds of the index, for the checkers. */
export async function observeAll(run: GuardRun, nodes: readonly VectorNode[], index: string): Promise<void> {
  for (const node of nodes) await observeVectors(run, node, index)
}

/**
 * The same queries on every node. A look at all vectors must give the same ids and scores everywhere, ties included; the
 * graphs are each node's own, so of them only the recall against that is told: the least of any node.
 */
export async function compareTopK(
  nodes: readonly VectorNode[],
  index: string,
  random: Random,
  { queries, dimensions, k }: { readonly queries: number; readonly dimensions: number; readonly k: number },
): Promise<number> {
  const recalls = new Map(nodes.map(({ name }) => [name, 0]))
  for (let at = 0; at < queries; at++) {
    const vector = drawVector(random, dimensions)
    const exact = await Promise.all(nodes.map(({ client }) => client.search(index, { vector, k, exact: true })))
    for (const answer of exact) expect(answer, 'every node gives the same top k').toEqual(exact[0])
    expect(exact[0]?.length, 'every query finds its k').toBe(k)
    const truth = exact[0]?.map(({ id }) => id) ?? []
    for (const { name, client } of nodes) {
      const found = (await client.search(index, { vector, k })).map(({ id }) => id)
      recalls.set(name, (recalls.get(name) ?? 0) + recall(found, truth) / queries)
    }
  }
  return Math.min(...recalls.values())
}
