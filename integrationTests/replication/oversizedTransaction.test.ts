/**
 * Guarantee  A transaction of any accepted size replicates whole.
 * Method     One transaction of 8 MB between two small ones; wait until the receiver says that it holds them all; then
 *            compare its rows.
 * Fault bit  None: the witness is the link, which must have carried more bytes than the transaction has, and the small
 *            transaction behind it, which must have arrived.
 * Known bad  oversized-dropped (dropped, and the cursor moves on).
 */

import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { caughtUp } from '../../fixtures/systems/peer/caughtUp.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

test('PEER-5b a transaction of 8 MB replicates whole', { tags: ['gate'] }, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  const link = cluster.link(sender, receiver)
  const before = link.bytesPassed
  await sender.client.insert('rows', rows(10, { prefix: 'before' }))
  await sender.client.insert('rows', rows(2_000, { prefix: 'large', payloadBytes: 4_000 }))
  const last = rows(10, { prefix: 'after' })
  await sender.client.insert('rows', last)
  await caughtUp(cluster.nodes, budgets.catchUp)
  expect(link.bytesPassed - before, 'the link carried it').toBeGreaterThan(8_000_000)
  for (const row of last) {
    expect(await receiver.client.get('rows', row.key), 'what lies behind it arrived').toEqual(row.value)
  }
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('losesNothing', { table: 'rows' }), 'every row of the large transaction arrives').toBeValid()
  await cluster.converged(budgets.healConvergence)
})
