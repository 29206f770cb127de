/**
 * Guarantee  However nodes are told to join, they end in a full mesh and a write on any reaches every other.
 * Method     2, 3 and 5 nodes joined as a star, a chain and a ring; one write on each node.
 * Fault bit  None: the witness is a pair of connections for each pair of nodes, and none of them is cut once it is up.
 * Known bad  members-not-passed-on (a node knows only whom it has met, so that a star stays a star), join-cuts-connection
 *            (whoever is introduced once more is cut off first).
 */

import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

test('PEER-4 star, chain and ring of 2, 3 and 5 nodes become a full mesh', { tags: ['gate'] }, async ({ run }) => {
  for (const nodes of [2, 3, 5]) {
    for (const topology of ['star', 'chain', 'ring'] as const) {
      if (nodes === 2 && topology !== 'star') continue // two nodes have one shape
      const cluster = await run.startCluster({ system: peer, nodes, topology })
      const table = `${topology}-${nodes}`
      for (const node of cluster.nodes) {
        const peers = (await node.client.cluster()).peers.filter((other) => other.connected)
        expect(peers.length, `${node.name} of a ${table} is connected to each other node`).toBe(nodes - 1)
        await node.client.put(table, `from-${node.name}`, { written: node.name })
      }
      await cluster.converged(budgets.healConvergence)
      await observeRows(run, cluster.nodes, table)
      expect(run.check('losesNothing', { table }), 'a write on any node reaches every other').toBeValid()
      for (const node of cluster.nodes) expect(node.log, 'no connection was cut by a join').toLack(/disconnected from/)
      await cluster.close()
    }
  }
})
