/**
 * Guarantee  A blob that cannot be saved stays one blob's problem, and is repaired.
 * Method     Let every 7th save fail on the receiver, at once and after 5, 25 and 100 ms; then let saves succeed.
 * Fault bit  The fault tells which files it failed; for each of these failures one line of the log names the blob, and no line is left.
 * Known bad  save-rejection-escapes (uncaught error), swallowed-hole (never repaired), failure-names-another-blob (logged under another's id);
 *            for PEER-3 small-blobs-in-files (saves that can fail), inline-blob-leaves-file.
 */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { HarnessError, type Node } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import type { PeerClient } from '../../fixtures/systems/peer/client.ts'
import { rejectBlobSaves } from './blobSaveRejection.ts'

const inlineCount = 60

test('PEER-2 a rejected blob save stays contained and is repaired', { tags: ['gate'] }, async ({ run }) => {
  await rejectBlobSaves(run, { blobCount: 400, bytesEach: 50_000, every: 7, afterMs: [0, 5, 25, 100] })
})

test('PEER-3 with inline blobs the fault cannot fire, and the guard says so', { tags: ['gate'] }, async ({ run }) => {
  const verdict = await rejectBlobSaves(run, { blobCount: inlineCount, bytesEach: 7_500, every: 7, afterMs: [0] }).then(
    () => 'passed',
    (error: unknown) => error,
  )
  // The fault had every occasion: the blobs are all there, each of them in its row and in no file.
  for (const node of run.nodes as readonly Node<PeerClient>[]) {
    const states = (await node.client.blobs()).map(({ state }) => state)
    expect(states, `${node.name} holds every blob inline`).toEqual(Array(inlineCount).fill('inline'))
    const files = await readdir(join(node.plan.dataFolder, 'blobs'))
    expect(files, `${node.name} keeps no blob in a file`).toEqual([])
  }
  const [fault] = run.faults
  expect(fault?.counts(), 'no file was opened below blobs/, so no save was refused').toEqual({})
  fault?.mayDoNothing() // that it did nothing is what this guard is about
  expect(verdict, 'a guard whose fault never fired is inconclusive').toBeInstanceOf(HarnessError)
  expect(verdict, 'a guard whose fault never fired is inconclusive').toMatchObject({ code: 'INCONCLUSIVE' })
})
