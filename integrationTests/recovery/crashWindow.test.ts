/**
 * Guarantee  A node killed at any moment of receiving transactions comes back with each of them whole, and none lost.
 * Method     Twenty times: write transactions of ten rows, kill the receiver after a seeded number of bytes, start it.
 *            Its disk is slow, so that there is a moment between what it has promised and what it has written.
 * Fault bit  Each kill is seen in an exit record; the bytes on the link trigger it.
 * Known bad  checkpoint-ahead (the cursor is durable before the data).
 */

import { carried, openWhen } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const points = 20
const rowsEach = 10
const transactionsEach = 15

test('PEER-8 twenty kills in the middle of a transaction tear and lose nothing', { tags: ['gate'] }, async ({
  startCluster,
  run,
  seed,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  const random = seed.stream('crash points')
  await cluster.failDisk(receiver, { operations: ['sync'], effect: { type: 'delay', ms: 8 } })
  for (let point = 1; point <= points; point++) {
    const bytes = random.integer(1_000, 24_000)
    const link = cluster.link(sender, receiver)
    const killed = openWhen(carried(link, bytes, budgets.catchUp), () => cluster.kill(receiver))
    for (let at = 0; at < transactionsEach; at++) {
      const id = `p${point}-t${at}`
      const value = { transaction: id, size: rowsEach, filler: 'x'.repeat(100) }
      const written = Array.from({ length: rowsEach }, (_, row) => ({ key: `${id}-${row}`, value }))
      await sender.client.insert('rows', written)
    }
    const kill = await killed
    expect(kill, 'the receiver was killed').toHaveFired()
    await kill.heal()
    await observeRows(run, [receiver], 'rows')
    run.progress(`kill ${point} of ${points} after ${bytes} bytes`)
  }
  await cluster.connected(budgets.healConvergence)
  await cluster.converged(budgets.catchUp)
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('noTornTransaction', { table: 'rows' }), 'no transaction is ever seen in part').toBeValid()
  expect(run.check('losesNothing', { table: 'rows' }), 'no acknowledged row is lost').toBeValid()
  expect(run.check('exactlyOnce', { table: 'rows' }), 'no row is doubled').toBeValid()
})
