/**
 * Guarantee  A transaction of many blobs commits although its content is still on the way.
 * Method     One transaction far above the high-water mark whose rows all refer to file-backed blobs, so that the
 *            receiver pauses its socket while it applies it.
 * Fault bit  The link is slowed, so that content arrives after the commit; the fault counts the chunks it delayed.
 * Known bad  commit-waits-for-paused-socket (the commit waits for frames behind the socket that it paused).
 */

import { awaitReading } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { blobs } from '../../fixtures/datasets/blobs.ts'
import { observeBlobs } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

test('PEER-2b a transaction of 200 blobs commits while its content is on the way', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  const slow = await cluster.slow(sender, receiver, { delayMs: 10 })
  const contents = blobs(200, 12_000)
  await sender.client.transaction(
    contents.map(({ id, bytes }) => ({ op: 'put', table: 'blobs', key: id, blob: bytes.toString('base64') })),
  )
  await awaitReading({
    what: `${receiver.name} to hold the content of 200 blobs`,
    budget: budgets.healConvergence,
    probe: async () => (await receiver.client.blobs()).filter((blob) => blob.state === 'stored').length,
    until: (stored) => stored === contents.length,
    open: () => receiver.log.path,
  })
  expect(slow, 'the content was slowed').toHaveFired()
  await slow.heal()
  await observeBlobs(run, cluster.nodes)
  expect(run.check('equalBlobs', { table: 'blobs' }), 'both sides hold equal bytes').toBeValid()
})
