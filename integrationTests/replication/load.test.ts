/**
 * Guarantee  Writers on every node lose nothing and double nothing while one node is killed and comes back.
 * Method     A writer on each of three nodes inserts rows and adds to one counter; one node is killed midway.
 * Fault bit  The kill is seen in the node's exit record; the history holds acknowledged writes before and after it.
 * Known bad  counter-merged-as-lww (increments lost).
 */

import { acknowledged, openWhen } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { observeCounter, observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const rounds = 150

test('PEER-5 writers on three nodes lose nothing while one node restarts', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 3 })
  const restarted = cluster.nodes[1]

  const writers = cluster.nodes.map(async (node) => {
    let refused = 0
    for (const row of rows(rounds, { prefix: node.name })) {
      // An ended node refuses; the history keeps the outcome, and the writer goes on with the next row.
      await node.client.put('rows', row.key, row.value).catch(() => refused++)
      await node.client.add('sum', 1).catch(() => refused++)
      if (!node.running) await cluster.node(0).client.put('rows', `${row.key}-elsewhere`, row.value)
    }
    return refused
  })
  const kill = await openWhen(acknowledged(run.history, rounds, budgets.catchUp), () => cluster.kill(restarted))
  await kill.heal()
  const refused = await Promise.all(writers)
  run.report(
    'refused',
    refused.reduce((sum, count) => sum + count, 0),
    'operations',
  )

  await cluster.connected(budgets.healConvergence)
  await cluster.converged(budgets.healConvergence)
  await observeRows(run, cluster.nodes, 'rows')
  await observeCounter(run, cluster.nodes, 'sum')
  expect(kill, 'a node was killed').toHaveFired()
  expect(run.check('losesNothing', { table: 'rows' }), 'no acknowledged row is lost').toBeValid()
  expect(run.check('exactlyOnce', { table: 'rows' }), 'no row is doubled').toBeValid()
  expect(run.check('countsExactly', { table: 'counters', counter: 'sum' }), 'the counter is exact').toBeValid()
})
