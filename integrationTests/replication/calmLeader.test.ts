/**
 * Guarantee  A leader that a majority can reach goes on to lead and to serve: in a calm network, and while one of its links is cut.
 * Method     Clients write through each node while nothing is broken, then read and write through those who reach the leader while the
 *            link between it and one follower is cut; count elections and terms, and how long each call took.
 * Fault bit  The cut counts what it dropped; the host ran freely meanwhile, else this is inconclusive.
 * Known bad  pre-vote-ignores-leader.
 */

import { Inconclusive, nowMs } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { peerWith } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'
import { agreedLeader, expectOneLeaderPerTerm, oneShard, type PeerNode } from './leaderShard.ts'
import { expectPromisesKept, knownStatus } from './shardSteps.ts'

const table = 'calm'
const electionTimeoutMs = 500
/** Longer than an election takes to begin, which is two timeouts at the most. */
const watchedMs = 1_200
/** A host that stalls for longer may make a leader look dead. */
const mostStallMs = electionTimeoutMs / 4

test('REPL-2i a leader that a majority can reach goes on to lead and serve, also with one link cut', {
  tags: ['gate'],
}, async ({ startCluster, run }) => {
  const env = { PEER_ELECTION_TIMEOUT_MS: String(electionTimeoutMs), PEER_ROUTE_TIMEOUT_MS: '1500' }
  const cluster = await startCluster({ system: peerWith({ shards: oneShard, env }), nodes: 3 })
  const leader = await agreedLeader(cluster.nodes)
  const [cutOff, reaching] = cluster.nodes.filter((each) => each !== leader) as [PeerNode, PeerNode]
  const { term } = await knownStatus(leader)
  const elections = () => cluster.nodes.reduce((sum, { log }) => sum + log.count('"stands for election"'), 0)
  const before = elections()
  const beganAtMs = nowMs()
  const longestMs = Math.max(await serves(cluster.nodes, write), await cutOne())
  const { longestStallMs, readingCount } = await (await run.host()).between(beganAtMs, nowMs())
  if (longestMs < Number.POSITIVE_INFINITY) run.report('longest call', longestMs, 'ms', budgets.calmWrite.limit)
  if (readingCount === 0 || longestStallMs > mostStallMs) {
    throw new Inconclusive(`The host stalled for ${Math.round(longestStallMs)} ms, so a leader may have looked dead.`)
  }
  expect(elections() - before, 'nobody stands for election while a majority reaches its leader').toBe(0)
  expect((await knownStatus(leader)).term, 'the term does not rise').toBe(term)
  expect(longestMs, 'a leader that can be reached serves').toBeLessThan(budgets.calmWrite.limit)
  expectOneLeaderPerTerm(cluster.nodes)
  expectPromisesKept(cluster.nodes)

  async function cutOne(): Promise<number> {
    await using cut = await cluster.partition(leader, cutOff, { how: 'drop' })
    // Reads leave the log as it is: who is cut off could be elected still.
    const reads = await serves([leader, reaching], (node, at) =>
      node.client.leaderGet(table, `${leader.name}-${at % 10}`),
    )
    await cut.tookEffect()
    return Math.max(reads, await serves([leader, reaching], write))
  }
})

function write({ client, name }: PeerNode, at: number): Promise<unknown> {
  return client.leaderPut(table, `${name}-${at % 10}`, at)
}

/** Calls each of the nodes for a while; how long the longest took, ms: for ever, if one was refused. */
async function serves(
  nodes: readonly PeerNode[],
  call: (node: PeerNode, at: number) => Promise<unknown>,
): Promise<number> {
  const endsAtMs = nowMs() + watchedMs
  let longestMs = 0
  for (let at = 0; nowMs() < endsAtMs; at++) {
    for (const node of nodes) {
      const startedAtMs = nowMs()
      const isServed = await call(node, at).then(
        () => true,
        () => false,
      )
      longestMs = Math.max(longestMs, isServed ? nowMs() - startedAtMs : Number.POSITIVE_INFINITY)
    }
  }
  return longestMs
}
