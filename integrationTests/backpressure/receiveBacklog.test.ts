/**
 * Guarantee  A receiver catches up on any backlog in memory that does not grow with it.
 * Method     Kill the receiver, write the backlog, start it with a slow disk so that data arrives faster than it can be
 *            applied, read the kernel's high-water mark of its memory when it has caught up.
 * Fault bit  The slow disk counts the syncs it delayed; the samples must cover the catch-up.
 * Known bad  receive-unbounded (no high-water mark), inbound-queue-unbounded (frames queue without a bound).
 */

import { awaitReading, type GuardRun } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

interface Backlog {
  transactions: number
  recordsEach: number
  payloadBytes: number
}

const backlog: Backlog = { transactions: 40, recordsEach: 500, payloadBytes: 256 }

/** Writes the backlog while the receiver is down and returns its peak memory over the whole catch-up, bytes. */
async function catchUp(run: GuardRun, { transactions, recordsEach, payloadBytes }: Backlog): Promise<number> {
  const cluster = await run.startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  await cluster.kill(receiver)
  for (let at = 0; at < transactions; at++) {
    await sender.client.insert('rows', rows(recordsEach, { from: at * recordsEach, payloadBytes }))
  }
  const total = transactions * recordsEach
  run.progress(`${total} rows wait for ${receiver.name}`)

  const slowDisk = await cluster.failDisk(receiver, { operations: ['sync'], effect: { type: 'delay', ms: 20 } })
  await receiver.start()
  await awaitReading({
    what: `${receiver.name} to hold ${total} rows`,
    budget: budgets.catchUp,
    probe: () => receiver.client.count('rows'),
    until: (count) => count >= total,
    open: () => receiver.log.path,
  })
  expect(slowDisk, 'the disk was slow').toHaveFired()
  await slowDisk.heal()
  await cluster.converged(budgets.healConvergence)
  expect(await receiver.client.count('rows'), 'the receiver holds each row once').toBe(total)
  expect(receiver.log, 'the receiver never ran out of memory').toLack(/out of memory|heap limit/i)
  expect(receiver.incarnation, 'the receiver did not restart').toBe(2)
  return receiver.memory.peakBytes()
}

test('PEER-1 a receiver catches up on a backlog below its memory ceiling', { tags: ['gate'] }, async ({ run }) => {
  const peak = await catchUp(run, backlog)
  run.report('peak', peak, 'bytes', budgets.receiveBacklogPeak.limit)
  const receiver = run.nodes[1]
  expect(receiver?.memory, 'the receiver stays below its memory ceiling').toStayUnderBytes(budgets.receiveBacklogPeak)
})

test('PEER-1b four times the backlog costs no more memory', { tags: ['gate'] }, async ({ run }) => {
  const once = await catchUp(run, backlog)
  const fourTimes = await catchUp(run, { ...backlog, transactions: 4 * backlog.transactions })
  run.report('peak 1x', once, 'bytes')
  run.report('peak 4x', fourTimes, 'bytes')
  run.report('ratio', fourTimes / once, 'ratio', budgets.backlogGrowth.limit)
  expect(fourTimes / once, 'peak memory does not grow with the backlog').toMeetBudget(budgets.backlogGrowth)
})
