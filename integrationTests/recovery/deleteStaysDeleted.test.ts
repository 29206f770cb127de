/**
 * Guarantee  A row deleted while a node was down does not come back with that node.
 * Method     Kill a node that holds the rows, delete some on the other, start it, compare.
 * Fault bit  The kill is seen in the exit record, and the node held the rows before it.
 * Known bad  delete-resurrected (the rejoining node's old row wins).
 */

import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

test('PEER-7 a row deleted while a node was down stays deleted', { tags: ['gate'] }, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [a, b] = cluster.nodes
  const all = rows(50)
  await b.client.insert('rows', all)
  await cluster.converged(budgets.healConvergence)
  {
    await using down = await cluster.kill(b)
    for (const row of all.slice(0, 20)) await a.client.delete('rows', row.key)
    await a.client.compact() // the deletes must survive in what a full copy carries, too
    expect(down, 'the node was down').toHaveFired()
  }
  await b.client.put('rows', 'fresh', 'after the restart')
  await cluster.connected(budgets.healConvergence)
  await cluster.converged(budgets.healConvergence)
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('neverResurrects', { table: 'rows' }), 'no deleted row comes back').toBeValid()
  expect(run.check('losesNothing', { table: 'rows' }), 'the other rows are there').toBeValid()
})
