/**
 * Guarantee  A blob that cannot be saved stays one blob's problem, and is repaired.
 * Method     Let every 7th save fail on the receiver, at once and after 5, 25 and 100 ms; then let saves succeed.
 * Fault bit  The fault counts the files it failed, and each must stand in the log exactly once.
 * Known bad  save-rejection-escapes (uncaught error), swallowed-hole (never repaired).
 */

import { HarnessError } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rejectBlobSaves } from './blobSaveRejection.ts'

test('PEER-2 a rejected blob save stays contained and is repaired', { tags: ['gate'] }, async ({ run }) => {
  await rejectBlobSaves(run, { blobCount: 400, bytesEach: 50_000, every: 7, afterMs: [0, 5, 25, 100] })
})

test('PEER-3 with inline blobs the fault cannot fire, and the guard says so', { tags: ['gate'] }, async ({ run }) => {
  const verdict = rejectBlobSaves(run, { blobCount: 60, bytesEach: 7_500, every: 7, afterMs: [0] })
  await expect(verdict, 'a guard whose fault never fired is inconclusive').rejects.toThrow(HarnessError)
  await expect(verdict).rejects.toMatchObject({ code: 'INCONCLUSIVE' })
  const [sender, receiver] = run.nodes
  expect(run.faults[0]?.effects(), 'no save was refused').toBe(0)
  expect(sender?.name).toBe('n1')
  expect(receiver?.name).toBe('n2')
})
