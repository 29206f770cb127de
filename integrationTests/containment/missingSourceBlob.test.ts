/**
 * Guarantee  A blob that its source has lost costs that blob only: the rest of the catch-up goes through.
 * Method     Delete the content of some blobs from the sender's disk while the receiver is down, then start it.
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

test('PEER-2c blobs that the source has lost do not hold up the others', { tags: ['gate'] }, async ({
  startCluster,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [sender, receiver] = cluster.nodes
  await cluster.kill(receiver)
  for (const { id, bytes } of blobs(40, 20_000)) await sender.client.putBlob(id, bytes)
  const folder = join(sender.plan.dataFolder, 'blobs')
  const files = (await readdir(folder)).sort()
  expect(files.length, 'the blobs are file-backed').toBe(40)
  for (const file of files.slice(0, lostCount)) await unlink(join(folder, file))

  await receiver.start()
  const states = await awaitReading({
    what: `all but ${lostCount} blobs to arrive`,
    budget: budgets.healConvergence,
    probe: async () => (await receiver.client.blobs()).filter((blob) => blob.state === 'stored').length,
    until: (stored) => stored === 40 - lostCount,
    open: () => receiver.log.path,
  })
  expect(states, 'every blob that the source still has arrives').toBe(34)
  expect((await receiver.client.cluster()).blobsMissing, 'the lost ones are said to be missing').toBe(lostCount)
  await sender.client.put('rows', 'fresh', 1)
  await cluster.converged(budgets.healConvergence)
  expect(await receiver.client.get('rows', 'fresh'), 'replication goes on').toBe(1)
})
