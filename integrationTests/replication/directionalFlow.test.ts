/**
 * Guarantee  Data flows in the direction that is open while the other is cut, and both sides are equal once it heals.
 * Method     Cut the bytes from follower to leader only, write on both, count; heal, compare.
 * Fault bit  The cut counts the bytes it holds back.
 * Known bad  idle-socket-never-retried (see PEER-10b for the silent socket itself).
 */

import { awaitReading } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

test('PEER-6 rows flow one way while the other way is cut', { tags: ['gate'] }, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [a, b] = cluster.nodes
  {
    await using cut = await cluster.partition(b, a, { oneWay: true })
    await b.client.insert('rows', rows(100, { prefix: 'from-b' }))
    await a.client.insert('rows', rows(200, { prefix: 'from-a' }))
    await cut.tookEffect()
    await awaitReading({
      what: `${b.name} to hold all rows of ${a.name}`,
      budget: budgets.healConvergence,
      probe: () => b.client.count('rows'),
      until: (count) => count === 300,
      open: () => b.log.path,
    })
    expect(await a.client.count('rows'), 'nothing passes the cut').toBe(200)
  }
  await cluster.converged(budgets.healConvergence)
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('losesNothing', { table: 'rows' }), 'after the heal both hold every row').toBeValid()
  expect(await a.client.count('rows'), 'exactly once').toBe(300)
})
