/**
 * Guarantee  While the link between two nodes is cut, what is written on either reaches the other through a third node that both reach.
 * Method     Cut one of the three links both ways and await that both ends have given it up. Write rows on both ends, add to a counter on
 *            one and take from it on the other; await them on the far ends while the cut still lasts.
 * Fault bit  The cut counts the bytes it holds back; neither end is connected to the other before the writes and after they came.
 * Known bad  relay-missing (an origin's transactions are asked of the origin alone).
 */

import { awaitReading, type Node } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { caughtUp } from '../../fixtures/systems/peer/caughtUp.ts'
import type { PeerClient } from '../../fixtures/systems/peer/client.ts'
import { observeCounter, observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const each = 20
const counter = 'relayed'
/** A link that is cut is given up within a second. */
const env = { PEER_HEARTBEAT_MS: '200', PEER_PEER_TIMEOUT_MS: '1000', PEER_SERVE_TIMEOUT_MS: '1000' }

test('PEER-6b a write passes a cut link through a third node', { tags: ['gate'] }, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 3, env })
  const [a, b] = cluster.nodes
  {
    await using cut = await cluster.partition(a, b)
    const ends = [
      [a, b],
      [b, a],
    ] as const
    for (const [node, other] of ends) {
      await awaitReading({
        what: `${node.name} to give up its link to ${other.name}`,
        budget: budgets.healConvergence,
        probe: () => isConnected(node, other),
        until: (connected) => !connected,
        open: () => node.log.path,
      })
    }
    for (const [node, , delta] of [[...ends[0], 7] as const, [...ends[1], -4] as const]) {
      await node.client.insert('rows', rows(each, { prefix: node.name }))
      await node.client.add(counter, delta)
    }
    for (const [node, other] of ends) {
      await awaitReading({
        what: `${node.name} to hold what ${other.name} wrote behind the cut`,
        budget: budgets.healConvergence,
        probe: async () => `${await node.client.count('rows')} rows, ${await node.client.counter(counter)} counted`,
        until: (held) => held === `${2 * each} rows, 3 counted`,
        open: () => node.log.path,
      })
      expect(await isConnected(node, other), 'the two did not speak').toBe(false)
    }
    await cut.tookEffect()
    expect(cut.healedAtMs, 'the cut still lasted').toBeUndefined()
  }
  await cluster.connected(budgets.healConvergence)
  await caughtUp(cluster.nodes, budgets.healConvergence)
  await observeRows(run, cluster.nodes, 'rows')
  await observeCounter(run, cluster.nodes, counter)
  expect(run.check('losesNothing', { table: 'rows' }), 'after the heal all hold every row').toBeValid()
  expect(run.check('countsExactly', { table: 'counters', counter }), 'the counter is exact').toBeValid()
  await cluster.converged(budgets.healConvergence)
})

async function isConnected(node: Node<PeerClient>, other: Node<PeerClient>): Promise<boolean> {
  const { peers } = await node.client.cluster()
  return peers.some(({ name, connected }) => name === other.name && connected)
}
