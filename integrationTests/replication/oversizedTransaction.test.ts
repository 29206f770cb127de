/**
 * Guarantee  A transaction of any accepted size replicates whole.
 * Method     One transaction of 8 MB between two small ones; then the same rows are counted at the receiver.
 * Fault bit  None: the witness is the link, which must have carried more bytes than the transaction has.
 * Known bad  oversized-dropped (dropped, and the cursor moves on).
 */

import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

test('PEER-5b a transaction of 8 MB replicates whole', { tags: ['gate'] }, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  await sender.client.insert('rows', rows(10, { prefix: 'before' }))
  await sender.client.insert('rows', rows(2_000, { prefix: 'large', payloadBytes: 4_000 }))
  await sender.client.insert('rows', rows(10, { prefix: 'after' }))
  await cluster.converged(budgets.catchUp)
  expect(cluster.link(sender, receiver).bytesPassed, 'the link carried it').toBeGreaterThan(8_000_000)
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('losesNothing', { table: 'rows' }), 'every row of the large transaction arrives').toBeValid()
})
