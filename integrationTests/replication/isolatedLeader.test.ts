/**
 * Guarantee  A leader that is cut off from the others acknowledges nothing any more, and all clients together see one order
 *            of reads and writes, on whichever side of the cut they are.
 * Method     A client on each of three nodes reads, writes and compares a few keys. Cut the leader off, let the other side
 *            elect one and go on, heal, go on.
 * Fault bit  The cut counts the bytes that it held; clients on both sides asked while it was open.
 * Known bad  isolated-primary-acks (a leader that hears nobody goes on by itself).
 */

import { Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { peerWith } from '../../fixtures/systems/peer/system.ts'
import { agreedLeader, expectOneLeaderPerTerm, MixedClients, oneShard, replicasEqual } from './leaderShard.ts'

const table = 'isolated'
/** What the cut-off leader is asked at the least before the cut is healed. */
const leastAsked = 6

test('REPL-2b a leader that is cut off acknowledges nothing, and reads and writes have one order', {
  tags: ['gate'],
}, async ({ startCluster, run, seed }) => {
  const system = peerWith({ shards: oneShard, env: { PEER_ROUTE_TIMEOUT_MS: '400' } })
  const cluster = await startCluster({ system, nodes: 3 })
  const leader = await agreedLeader(cluster.nodes)
  const others = cluster.nodes.filter((node) => node !== leader)
  const clients = new MixedClients(cluster.nodes, table, seed.stream('clients'))
  try {
    await clients.acknowledge(cluster.nodes, 20)
    const cut = await cluster.isolate(leader)
    await cut.tookEffect()
    await agreedLeader(others)
    await clients.acknowledge(others, 40)
    await clients.attempt([leader], leastAsked)
    const asked = run.history.operations.filter(
      (each) => each.node === leader.name && each.startedAtMs > cut.openedAtMs,
    )
    run.report('asked while cut off', asked.length, 'operations')
    if (asked.length < leastAsked - 1) throw new Inconclusive(`It was asked ${asked.length} times only.`)
    const acknowledged = asked.filter((each) => each.outcome === 'ok')
    expect(acknowledged, 'a leader that is cut off acknowledges nothing').toEqual([])
    await cut.heal()
    await agreedLeader(cluster.nodes)
    await clients.acknowledge(cluster.nodes, 40)
  } finally {
    await clients.stop()
  }
  expect(run.check('linearizable', { model: 'kv', table }), 'reads and writes have one order').toBeValid()
  await replicasEqual(cluster.nodes)
  expectOneLeaderPerTerm(cluster.nodes)
})
