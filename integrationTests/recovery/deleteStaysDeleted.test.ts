/**
 * Guarantee  A row deleted while a node was down does not come back with that node; what was counted meanwhile stays counted.
 * Method     Kill a node that holds the rows, delete some on the other and count, compact its log and kill and start it, so that both must
 *            survive in its base and in what a reconciliation carries; start the node, let it catch up, compare.
 * Fault bit  The kills are seen in the exit records; the node held the rows before its own and took part in a reconciliation after it.
 * Known bad  delete-resurrected (the rejoining node keeps its old rows), compaction-drops-tombstones (a base holds no deletes),
 *            base-forgets-counters (a base holds no counters).
 */

import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { caughtUp } from '../../fixtures/systems/peer/caughtUp.ts'
import { observeCounter, observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const deleted = 20

test('PEER-7 a row deleted while a node was down stays deleted', { tags: ['gate'] }, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [a, b] = cluster.nodes
  const all = rows(50)
  await b.client.insert('rows', all)
  await cluster.converged(budgets.healConvergence)
  {
    await using down = await cluster.kill(b)
    expect(down, 'the node was down').toHaveFired()
    for (const row of all.slice(0, deleted)) await a.client.delete('rows', row.key)
    for (const delta of [9, -4]) await a.client.add('stock', delta)
    await a.client.compact()
    // From now on it knows of the deletes what its base holds.
    const restart = await cluster.kill(a)
    expect(restart, 'the node that compacted was killed').toHaveFired()
    await restart.heal()
    expect(await a.client.count('rows'), 'the rows were there, and those deleted went').toBe(all.length - deleted)
  }
  await b.client.put('rows', 'fresh', 'after the restart')
  await cluster.connected(budgets.healConvergence)
  await caughtUp(cluster.nodes, budgets.healConvergence)
  expect(b.log, 'the deletes came with the rows, not from the log').toContainLine(/reconciliation finished from/)
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('neverResurrects', { table: 'rows' }), 'no deleted row comes back').toBeValid()
  expect(run.check('losesNothing', { table: 'rows' }), 'the other rows are there').toBeValid()
  await observeCounter(run, cluster.nodes, 'stock')
  expect(run.check('countsExactly', { table: 'counters', counter: 'stock' }), 'the counter is exact').toBeValid()
  await cluster.converged(budgets.healConvergence)
})
