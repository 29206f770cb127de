/**
 * Guarantee  A receiver catches up on a backlog larger than the memory that the kernel grants it.
 * Method     As PEER-1, with each node under a limit of the kernel, above which it is killed.
 * Fault bit  The held disk counts the syncs it held; the cut counts the bytes it held back.
 * Known bad  receive-unbounded (no high-water mark): killed by the kernel.
 */

import { KiB, MiB } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { budgets } from '../budgets.ts'
import { type Backlog, catchUp } from './backlog.ts'

const memoryLimitBytes = 512 * MiB
const backlog: Backlog = {
  transactions: 80,
  recordsEach: 100,
  payloadBytes: 64 * KiB,
  stillMs: 3_000,
  catchUp: budgets.limitedCatchUp,
}
/** Else V8 would end the node at half of the kernel's limit, and the sender would send a copy instead of its log. */
const env = {
  NODE_OPTIONS: '--max-old-space-size=4096',
  PEER_LOG_RETAIN_BYTES: String(1024 * MiB),
}

test('PEER-1d a receiver catches up under a kernel memory limit', { tags: ['gate'], timeout: 240_000 }, async ({
  run,
  requires,
}) => {
  await requires('kernelMemoryLimit')
  const { peakBytes } = await catchUp(run, backlog, { memoryLimitBytes, env })
  run.report('peak', peakBytes, 'bytes', budgets.limitedPeak.limit)
  expect(peakBytes, 'the receiver stays far from its limit').toMeetBudget(budgets.limitedPeak)
})
