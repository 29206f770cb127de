/**
 * Guarantee  A receiver that is killed during a full copy goes on where it was, and does not begin again.
 * Method     Compact the sender's log so that the receiver needs a full copy over a slow link; kill it when it holds a
 *            quarter, a half and three quarters of the rows; compare the bytes that the link carried with the size of the
 *            data. What is on its way at a kill comes twice; a copy begun anew each time carries two and a half times all.
 * Fault bit  Three kills in the exit records; the log of each killed incarnation tells of a copy that began, and of none
 *            that ended.
 * Known bad  cursor-never-banked (each restart begins the copy again).
 */

import { awaitReading, Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { caughtUp } from '../../fixtures/systems/peer/caughtUp.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const transactions = 20
const recordsEach = 500
const payloadBytes = 512

test('PEER-9 a receiver killed three times during a catch-up resumes from its cursor', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  await receiver.kill()
  for (let at = 0; at < transactions; at++) {
    await sender.client.insert('rows', rows(recordsEach, { from: at * recordsEach, payloadBytes }))
  }
  await sender.client.compact()
  const dataBytes = transactions * recordsEach * payloadBytes
  const link = cluster.link(sender, receiver)
  const before = link.bytesPassed
  const slow = await cluster.slow(sender, receiver, { bytesPerSecond: 4_000_000, oneWay: true })

  for (let kills = 1; kills <= 3; kills++) {
    await receiver.start()
    await awaitReading({
      what: `${receiver.name} to hold ${kills} quarters of the rows`,
      budget: budgets.catchUp,
      probe: () => receiver.client.count('rows'),
      until: (count) => count >= (transactions * recordsEach * kills) / 4,
      everyMs: 2,
      open: () => receiver.log.path,
    })
    const kill = await cluster.kill(receiver)
    expect(kill, 'the receiver was killed').toHaveFired()
    const { current } = receiver.log
    current.refresh()
    if (current.matches(/copy (started|resumed) from/).length === 0 || current.matches(/copy finished/).length > 0) {
      throw new Inconclusive(`Kill ${kills} did not fall into a copy. Open ${receiver.log.path}.`)
    }
  }
  await receiver.start()
  await cluster.connected(budgets.healConvergence)
  await caughtUp(cluster.nodes, budgets.catchUp)
  const carriedBytes = link.bytesPassed - before
  run.report('carried', carriedBytes, 'bytes')
  run.report('carried / data', carriedBytes / dataBytes, 'ratio', budgets.recopy.limit)
  expect(slow, 'the link was slow').toHaveFired()
  expect(carriedBytes / dataBytes, 'no full recopy').toMeetBudget(budgets.recopy)
  expect(receiver.log, 'each restart went on with the copy').toContainLine(/copy resumed from/, 3)
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('losesNothing', { table: 'rows' }), 'every row arrives').toBeValid()
  expect(run.check('exactlyOnce', { table: 'rows' }), 'no row is doubled').toBeValid()
  await cluster.converged(budgets.healConvergence)
})
