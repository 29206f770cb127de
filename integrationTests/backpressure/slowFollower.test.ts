/**
 * Guarantee  What a follower does not take is left in the sender's log, not in the sender's memory.
 * Method     Keep back all bytes from the sender to its follower and write far more than a socket takes, in records of
 *            16 KB; read the kernel's high-water mark of the sender's memory; heal, and see that the follower gets it all.
 * Fault bit  The cut counts the bytes it kept back, and the follower held none of the rows when all were written.
 * Known bad  slow-follower-buffer (a sender goes on sending into a socket that is full).
 */

import { awaitReading } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'
import { type Backlog, write } from './backlog.ts'

const load: Backlog = { transactions: 60, recordsEach: 100, payloadBytes: 16_384 }
/** The sender must not give the connection up while it is cut: its queue would go with it. */
const env = { PEER_SERVE_TIMEOUT_MS: '600000' }

test('PEER-1e a sender keeps no queue for a follower that does not read', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 2, env })
  const [sender, follower] = cluster.nodes
  // The first incarnation may have had to strip types: the memory that this took would be used again.
  await sender.restart()
  await cluster.connected(budgets.healConvergence)
  // What taking the writes in costs is no queue: it is there before the cut as well.
  await write(run, sender, { ...load, transactions: 15 })
  await cluster.converged(budgets.catchUp)
  const { memory } = sender
  const before = memory.peakBytes()
  const cut = await cluster.partition(sender, follower, { oneWay: true })
  const heldBefore = await follower.client.count('rows')
  await write(run, sender, { ...load, transactions: load.transactions + 15 })
  await cut.tookEffect()
  expect(await follower.client.count('rows'), 'the follower was sent nothing').toBe(heldBefore)
  const grownBytes = memory.peakBytes() - before
  run.report('kept back', load.transactions * load.recordsEach * load.payloadBytes, 'bytes')
  run.report('peak above the one before', grownBytes, 'bytes', budgets.followerQueue.limit)
  expect(grownBytes, 'the sender keeps no queue for its follower').toMeetBudget(budgets.followerQueue)
  await cut.heal()
  const total = (load.transactions + 15) * load.recordsEach
  await awaitReading({
    what: `${follower.name} to hold ${total} rows`,
    budget: budgets.catchUp,
    probe: () => follower.client.count('rows'),
    until: (count) => count === total,
    open: () => follower.log.path,
  })
  await cluster.converged(budgets.healConvergence)
})
