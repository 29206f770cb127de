/**
 * Guarantee  A blob that its source has lost costs that blob only: the rest of a full copy goes through.
 * Method     While the receiver is down, delete from the sender's disk the content of the first blobs in the order of
 *            the copy, more of them than are fetched at a time; compact, so that a full copy is needed; start it.
 * Fault bit  The receiver says how many blobs it misses; it must be exactly the deleted ones.
 * Known bad  missing-source-blob-wedges (a fetch waits for ever for what the source lacks).
 */
import { readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { awaitReading } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { blobs } from '../../fixtures/datasets/blobs.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const lostCount = 6
const keptCount = 34

test('PEER-2c blobs that the source has lost do not hold up the others', { tags: ['gate'] }, async ({
  startCluster,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  await cluster.kill(receiver)
  for (const { id, bytes } of blobs(lostCount, 20_000, 'a-lost')) await sender.client.putBlob(id, bytes)
  const folder = join(sender.plan.dataFolder, 'blobs')
  const lost = await readdir(folder)
  expect(lost.length, 'the blobs are file-backed').toBe(lostCount)
  for (const { id, bytes } of blobs(keptCount, 20_000, 'kept')) await sender.client.putBlob(id, bytes)
  for (const file of lost) await unlink(join(folder, file))
  await sender.client.compact()

  await receiver.start()
  const states = await awaitReading({
    what: `all but ${lostCount} blobs to arrive`,
    budget: budgets.healConvergence,
    probe: async () => (await receiver.client.blobs()).filter((blob) => blob.state === 'stored').length,
    until: (stored) => stored === keptCount,
    open: () => receiver.log.path,
  })
  expect(states, 'every blob that the source still has arrives').toBe(keptCount)
  expect(receiver.log, 'it took a full copy').toContainLine(/copy finished from/)
  expect((await receiver.client.cluster()).blobsMissing, 'the lost ones are said to be missing').toBe(lostCount)
  await sender.client.put('rows', 'fresh', 1)
  await cluster.converged(budgets.healConvergence)
  expect(await receiver.client.get('rows', 'fresh'), 'replication goes on').toBe(1)
})
