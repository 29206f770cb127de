/**
 * Guarantee  A receiver catches up on any backlog in memory that does not grow with it.
 * Method     Kill the receiver, write the backlog, start it cut off and read its memory; let the backlog arrive while its
 *            disk stands still, until no more comes; let the disk go on slowly, and read the kernel's high-water mark
 *            of its memory when it has caught up.
 * Fault bit  The held disk counts the syncs it held; the cut counts the bytes it held back.
 * Known bad  receive-unbounded (no high-water mark).
 */

import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { budgets, knownBadReadings } from '../budgets.ts'
import { type Backlog, catchUp } from './backlog.ts'

/** Records of 16 KB: what a receiver decodes and keeps outgrows the garbage that any receiver makes, and few rows cost little time. */
const once: Backlog = { transactions: 20, recordsEach: 125, payloadBytes: 16_384 }
const twice: Backlog = { ...once, transactions: 2 * once.transactions }
const fourTimes: Backlog = { ...once, transactions: 4 * once.transactions }

test('PEER-1 a receiver catches up on a backlog below its memory ceiling', { tags: ['gate'] }, async ({ run }) => {
  const { peakBytes, grownBytes } = await catchUp(run, twice)
  run.report('peak', peakBytes, 'bytes')
  run.report('peak of receive-unbounded', knownBadReadings.receiveBacklogPeakBytes, 'bytes')
  run.report('above ready', grownBytes, 'bytes', budgets.receiveBacklogPeak.limit)
  expect(grownBytes, 'the receiver stays below its memory ceiling').toMeetBudget(budgets.receiveBacklogPeak)
})

test('PEER-1b four times the backlog costs no more memory', { tags: ['gate'] }, async ({ run }) => {
  const { peakBytes } = await catchUp(run, once)
  const { peakBytes: fourTimesPeakBytes } = await catchUp(run, fourTimes)
  run.report('peak 1x', peakBytes, 'bytes')
  run.report('peak 4x', fourTimesPeakBytes, 'bytes')
  const grownBytes = fourTimesPeakBytes - peakBytes
  run.report('growth', grownBytes, 'bytes', budgets.backlogGrowth.limit)
  expect(grownBytes, 'peak memory does not grow with the backlog').toMeetBudget(budgets.backlogGrowth)
})
