/**
 * Guarantee  A node killed at any moment of receiving transactions comes back with each of them whole, and none lost; and
 *            who reads it meanwhile never sees one in part.
 * Method     Twenty times: write transactions of ten rows, kill the receiver after a seeded number of bytes, start it cut
 *            off, read what the crash left, let it catch up. Its disk is slow, so that there is a moment between what it
 *            has received and what it has written. A reader reads it all the while.
 * Fault bit  Each kill is seen in an exit record; what the crash left shows which kills fell in the middle, with some of
 *            the round's transactions there and some not: at least twelve of twenty.
 * Known bad  checkpoint-ahead (the cursor is durable before the data), torn-transaction (applied row by row).
 */

import { carried, type GuardRun, Inconclusive, type Node, openWhen } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { caughtUp } from '../../fixtures/systems/peer/caughtUp.ts'
import { PeerCallError, type PeerClient } from '../../fixtures/systems/peer/client.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const points = 20
const pointsInTheMiddle = 12
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
  const slowDisk = await cluster.failDisk(receiver, { operations: ['sync'], effect: { type: 'delay', ms: 8 } })
  const tables = Array.from({ length: points }, (_, at) => `point-${at + 1}`)
  let inTheMiddle = 0
  for (const table of tables) {
    const bytes = random.integer(2_000, 22_000)
    const passed = carried(cluster.link(sender, receiver), bytes, budgets.catchUp)
    const [kill] = await Promise.all([
      openWhen(passed, () => cluster.kill(receiver)),
      writeTransactions(sender, table),
      readUntilUnanswered(run, receiver, table),
    ])
    expect(kill, 'the receiver was killed').toHaveFired()
    {
      await using cut = await cluster.partition(sender, receiver)
      await kill.heal()
      await observeRows(run, [receiver], table)
      await cut.tookEffect()
      const left = transactionsLeft(run)
      if (left > 0 && left < transactionsEach) inTheMiddle++
      run.progress(`${table}: ${left} of ${transactionsEach} transactions there after ${bytes} bytes`)
    }
    await caughtUp(cluster.nodes, budgets.catchUp)
    await observeRows(run, cluster.nodes, table)
    expect(run.check('noTornTransaction', { table }), 'no transaction is ever seen in part').toBeValid()
  }
  for (const table of tables) await observeRows(run, cluster.nodes, table)
  expect(run.check('losesNothing'), 'no acknowledged row is lost').toBeValid()
  expect(run.check('exactlyOnce'), 'no row is doubled').toBeValid()
  await cluster.converged(budgets.healConvergence)
  run.report('kills in the middle', inTheMiddle, 'kills')
  expect(slowDisk, 'the disk was slow').toHaveFired(points)
  if (inTheMiddle < pointsInTheMiddle) {
    throw new Inconclusive(
      `Only ${inTheMiddle} of ${points} kills fell in the middle; ${pointsInTheMiddle} are needed.`,
    )
  }
})

/** Their rows name the transaction and its size: what `noTornTransaction` judges. */
async function writeTransactions(node: Node<PeerClient>, table: string): Promise<void> {
  for (let at = 0; at < transactionsEach; at++) {
    const value = { transaction: `${table}-t${at}`, size: rowsEach, filler: 'x'.repeat(100) }
    const written = Array.from({ length: rowsEach }, (_, row) => ({ key: `${value.transaction}-${row}`, value }))
    await node.client.insert(table, written)
  }
}

/** Reads the table again and again. The reading that the kill cuts short ends it, and is not recorded. */
async function readUntilUnanswered(run: GuardRun, node: Node<PeerClient>, table: string): Promise<void> {
  for (let answered = true; answered; ) {
    await observeRows(run, [node], table).catch((error: unknown) => {
      if (!(error instanceof PeerCallError) || error.status !== undefined) throw error
      answered = false
    })
  }
}

/** How many transactions the last reading shows, whole or not. */
function transactionsLeft(run: GuardRun): number {
  const rows = run.history.observations.at(-1)?.value as readonly { value: { transaction: string } }[]
  return new Set(rows.map((row) => row.value.transaction)).size
}
