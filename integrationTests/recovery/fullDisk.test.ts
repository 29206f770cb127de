/**
 * Guarantee  A disk that was full for a while costs nothing for good: once there is room the log is compacted and blobs are taken in again.
 * Method     Every write to a base of the log and to a file of a blob is refused for want of room, while a compaction and a blob are asked
 *            for. Then there is room, and both are asked for once more.
 * Fault bit  The fault counts the writes that it refused, of both.
 * Known bad  full-disk-wedges (a compaction that failed is taken to be under way for ever).
 */

import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { blob } from '../../fixtures/datasets/blobs.ts'
import { rows } from '../../fixtures/datasets/rows.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'

test('PEER-8g a disk that was full for a while is used again once it has room', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 1 })
  const [node] = cluster.nodes
  const given = rows(100)
  for (const { key, value } of given) await node.client.put('rows', key, value)
  const content = blob('large', 40_000)
  const full = { operations: ['write'], effect: { type: 'fail', code: 'ENOSPC' } } as const
  const base = await cluster.failDisk(node, { ...full, pathPattern: '\\.base' })
  const files = await cluster.failDisk(node, { ...full, pathIncludes: '/blobs/' })
  await expect(node.client.compact(), 'nothing is compacted on a full disk').rejects.toThrow()
  await expect(node.client.putBlob(content.id, content.bytes), 'no blob is taken in').rejects.toThrow()
  await Promise.all([base.tookEffect(), files.tookEffect()])
  await Promise.all([base.heal(), files.heal()])
  await node.client.putBlob(content.id, content.bytes)
  expect((await node.client.blob(content.id)).equals(content.bytes), 'a blob is taken in again').toBe(true)
  const compacted = node.client.compact().then(
    () => true,
    () => false,
  )
  expect(await compacted, 'the log is compacted again').toBe(true)
  for (const { key, value } of given) expect(await node.client.get('rows', key), 'every row is there').toEqual(value)
  run.report('writes refused', (base.counts().callsFailed ?? 0) + (files.counts().callsFailed ?? 0), 'operations')
})
