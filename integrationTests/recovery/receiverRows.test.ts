/**
 * Guarantee  A full copy adds to what a node holds; it takes nothing away that only the receiver has.
 * Method     While its peer is out of reach, a node that needs a full copy writes rows of its own, spread over the keys
 *            that the copy will bring; then the copy runs.
 * Fault bit  The sender's syncs are held while the copy runs: it counts none of the receiver's rows when the copy ends.
 * Known bad  resync-erases-receiver-rows (what the copy does not list is taken for deleted).
 */

import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { caughtUp } from '../../fixtures/systems/peer/caughtUp.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { writeForCopy } from '../../fixtures/systems/peer/writeForCopy.ts'
import { budgets } from '../budgets.ts'

const copied = 2_000

test('PEER-9b a full copy leaves the rows that only the receiver has', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  const theirs = rows(copied)
  await writeForCopy(sender, receiver, 'rows', [theirs])
  // What the receiver writes gets to the sender, but counts there only once it is synced: the copy cannot hold it.
  const held = await cluster.failDisk(sender, { operations: ['sync'], effect: { type: 'hold' } })
  {
    await using cut = await cluster.partition(sender, receiver)
    await receiver.start()
    const between = theirs.filter((_, at) => at % 50 === 0)
    await receiver.client.insert(
      'rows',
      between.map(({ key }) => ({ key: `${key}-own`, value: { only: receiver.name } })),
    )
    await cut.tookEffect()
  }
  await receiver.log.awaitLine(/copy finished from/, budgets.catchUp)
  await held.tookEffect()
  expect(await sender.client.count('rows'), 'the sender had none of them when the copy ended').toBe(copied)
  await held.heal()
  await cluster.connected(budgets.healConvergence)
  await caughtUp(cluster.nodes, budgets.catchUp)
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('losesNothing', { table: 'rows' }), 'the rows of the receiver survive the copy').toBeValid()
  await cluster.converged(budgets.healConvergence)
})
