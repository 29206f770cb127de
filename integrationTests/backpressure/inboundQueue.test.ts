/**
 * Guarantee  What a receiver's disk cannot take waits at the sender, not in the receiver's memory.
 * Method     Let the receiver's disk stand still and write far more than it may hold, in records of 16 KB; let the disk go
 *            on slowly, and read the kernel's high-water mark of its memory when it holds every row.
 * Fault bit  The held disk counts the syncs it held.
 * Known bad  inbound-queue-unbounded (frames that may not be decoded yet queue without a bound).
 */

import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets, knownBadReadings } from '../budgets.ts'
import { type Backlog, footprintWhileDiskStands, write } from './backlog.ts'

const load: Backlog = { transactions: 80, recordsEach: 100, payloadBytes: 16_384 }

test('PEER-1c data that a standing disk cannot take is left with its sender', { tags: ['gate'] }, async ({ run }) => {
  const cluster = await run.startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  // The first incarnation may have had to strip types: the memory that this took would be used again.
  await receiver.restart()
  await cluster.connected(budgets.healConvergence)
  const { peakBytes, grownBytes } = await footprintWhileDiskStands(cluster, load, () => write(run, sender, load))
  run.report('peak', peakBytes, 'bytes')
  run.report('peak of inbound-queue-unbounded', knownBadReadings.inboundQueuePeakBytes, 'bytes')
  run.report('above ready', grownBytes, 'bytes', budgets.inboundQueuePeak.limit)
  expect(grownBytes, 'the receiver leaves with the sender what its disk cannot take').toMeetBudget(
    budgets.inboundQueuePeak,
  )
})
