/**
 * Guarantee  A receiver that is killed during a full copy goes on where it was, and does not begin again. What is written meanwhile
 *            comes from the log, which the sender keeps for it.
 * Method     Compact the sender's log so that the receiver needs a full copy over a slow link; kill it three times on
 *            the way; compare the bytes that the link carried after the last restart with what was still missing then. While the copy
 *            runs, the sender takes rows whose turn in it is over, and is told to compact.
 * Fault bit  Three kills in the exit records; the log of each killed incarnation tells of a copy that began, and of none
 *            that ended; rows written meanwhile are not on the receiver after the last kill.
 * Known bad  cursor-never-banked (each restart begins the copy again), copy-ends-with-later-cursor (what was written during the copy is
 *            taken to have come with it), log-not-kept-during-copy (a compaction drops what the copy goes on from), frame-dropped-at-high-water,
 *            paused-socket-not-woken (flow control that loses data or never goes on).
 */

import { awaitReading, Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { caughtUp } from '../../fixtures/systems/peer/caughtUp.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { writeForCopy } from '../../fixtures/systems/peer/writeForCopy.ts'
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
  const batches = Array.from({ length: transactions }, (_, at) =>
    rows(recordsEach, { from: at * recordsEach, payloadBytes }),
  )
  await writeForCopy(sender, receiver, 'rows', batches)
  const total = transactions * recordsEach
  const overtaking = rows(2, { prefix: 'overtaking' })
  const link = cluster.link(sender, receiver)
  const slow = await cluster.slow(sender, receiver, { bytesPerSecond: 2_000_000, oneWay: true })

  for (let kills = 1; kills <= 3; kills++) {
    await receiver.start()
    await awaitReading({
      what: `${receiver.name} to hold ${kills} quarters of the rows`,
      budget: budgets.catchUp,
      probe: () => receiver.client.count('rows'),
      until: (count) => count >= (kills * total) / 4,
      open: () => receiver.log.path,
    })
    if (kills <= overtaking.length) {
      await sender.client.insert('rows', overtaking.slice(kills - 1, kills))
      await sender.client.compact()
    }
    expect(await cluster.kill(receiver), 'the receiver was killed').toHaveFired()
    const { current } = receiver.log
    current.refresh()
    if (current.matches(/copy (started|resumed) from/).length === 0 || current.matches(/copy finished/).length > 0) {
      throw new Inconclusive(`Kill ${kills} did not fall into a copy. Open ${receiver.log.path}.`)
    }
  }
  const cut = await cluster.partition(sender, receiver)
  await receiver.start()
  await cut.tookEffect()
  const held = await receiver.client.rows('rows')
  const missingBytes = (total - held.length) * payloadBytes
  const before = link.bytesPassed
  await cut.heal()
  await cluster.connected(budgets.healConvergence)
  await caughtUp(cluster.nodes, budgets.catchUp)
  const carriedBytes = link.bytesPassed - before
  run.report('missing after the last kill', missingBytes, 'bytes')
  run.report('carried from then on', carriedBytes, 'bytes')
  run.report('carried / missing', carriedBytes / missingBytes, 'ratio', budgets.recopy.limit)
  expect(slow, 'the link was slow').toHaveFired()
  expect(carriedBytes / missingBytes, 'no full recopy').toMeetBudget(budgets.recopy)
  expect(receiver.log, 'each restart went on with the copy').toContainLine(/copy resumed from/, 3)
  if (held.some(({ key }) => overtaking.some((row) => row.key === key))) {
    throw new Inconclusive('A row that was written during the copy came with it, not behind it.')
  }
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('losesNothing', { table: 'rows' }), 'every row arrives').toBeValid()
  expect(run.check('exactlyOnce', { table: 'rows' }), 'no row is doubled').toBeValid()
  await cluster.converged(budgets.healConvergence)
})
