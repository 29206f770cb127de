/**
 * Guarantee  A blob that is replaced while a peer reads it harms neither the reader nor the replacement.
 * Method     Slow the link, write a large blob, replace it as soon as its content has begun to flow, let the rest through.
 * Fault bit  The rate limit counts the bytes it held back; when the new version was in place, the link had carried some
 *            of the old one and not all of it.
 * Known bad  blob-unlinked-while-streamed (the old file is unlinked under its reader), old-content-under-new-name (what arrives is saved
 *            as the version that is current by then).
 */

import { awaitReading, carried, openWhen } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { blob } from '../../fixtures/datasets/blobs.ts'
import { observeBlobs } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

test('PEER-2d a blob replaced while a peer streams it is read to its end', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  // Larger than the buffers of all sockets on the way: the sender is still reading its file when it is replaced.
  const first = blob('report', 40_000_000, 1)
  const second = blob('report', 50_000, 2)
  const slow = await cluster.slow(sender, receiver, { bytesPerSecond: 1_000_000, oneWay: true })
  const link = cluster.link(sender, receiver)
  const flowing = carried(link, 100_000, budgets.healConvergence)
  await sender.client.putBlob(first.id, first.bytes)
  await openWhen(flowing, () => sender.client.putBlob(second.id, second.bytes))
  expect(link.bytesPassed, 'the first version was still on its way').toBeLessThan(first.bytes.length)
  await slow.tookEffect()
  await slow.heal()
  await awaitReading({
    what: `${receiver.name} to hold the second version`,
    budget: budgets.healConvergence,
    probe: async () => (await receiver.client.blobs()).find((each) => each.id === 'report'),
    until: (state) => state?.state === 'stored' && state.sha256 === second.sha256,
    open: () => receiver.log.path,
  })
  expect(sender.log, 'no reader lost its file').toLack(/ENOENT|connection cut/)
  expect(receiver.log, 'no stream broke off').toLack(/Blob (missing|save failed)/)
  await observeBlobs(run, cluster.nodes)
  expect(run.check('equalBlobs', { table: 'blobs' }), 'both sides hold equal bytes').toBeValid()
})
