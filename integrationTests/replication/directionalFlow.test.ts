/**
 * Guarantee  Data flows in the direction that is open while the other is cut, and both sides are equal once it heals.
 * Method     Cut the bytes from receiver to sender only. Write 200 transactions on the sender, more than one that waits
 *            for acknowledgements would send ahead, and some on the receiver; count; heal, compare.
 * Fault bit  The cut counts the bytes it holds back, and the receiver's own rows do not pass while it lasts.
 * Known bad  one-way-cut-stops-both (a sender that waits for acknowledgements stops when they are cut).
 */

import { awaitReading } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { caughtUp } from '../../fixtures/systems/peer/caughtUp.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const sent = 200
const heldBack = 100

test('PEER-6 rows flow one way while the other way is cut', { tags: ['gate'] }, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  {
    await using cut = await cluster.partition(receiver, sender, { oneWay: true })
    await receiver.client.insert('rows', rows(heldBack, { prefix: 'held-back' }))
    for (const row of rows(sent, { prefix: 'sent' })) await sender.client.put('rows', row.key, row.value)
    await cut.tookEffect()
    await awaitReading({
      what: `${receiver.name} to hold what came the open way`,
      budget: budgets.healConvergence,
      probe: () => receiver.client.count('rows'),
      until: (count) => count === sent + heldBack,
      open: () => receiver.log.path,
    })
    expect(await sender.client.count('rows'), 'nothing passes the cut').toBe(sent)
    expect(cut.healedAtMs, 'the cut still lasted').toBeUndefined()
  }
  await caughtUp(cluster.nodes, budgets.healConvergence)
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('losesNothing', { table: 'rows' }), 'after the heal both hold every row').toBeValid()
  expect(await sender.client.count('rows'), 'exactly once').toBe(sent + heldBack)
  await cluster.converged(budgets.healConvergence)
})
