/**
 * Guarantee  A write is acknowledged only once its log entry is on disk.
 * Method     Let every sync of the log fail, then write: a node that cannot sync must not acknowledge.
 * Fault bit  The fault counts the syncs it failed.
 * Known bad  ack-before-sync (acknowledges what is not on disk).
 */

import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'

test('PEER-8b a write whose sync fails is not acknowledged', { tags: ['gate'] }, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 1 })
  const [node] = cluster.nodes
  for (const row of rows(20, { prefix: 'before' })) await node.client.put('rows', row.key, row.value)
  const failing = await cluster.failDisk(node, { operations: ['sync'], effect: { type: 'fail', code: 'EIO' } })
  let acknowledged = 0
  for (const row of rows(20, { prefix: 'during' })) {
    await node.client.put('rows', row.key, row.value).then(
      () => acknowledged++,
      () => undefined, // refused, as it must be; the history keeps the outcome
    )
  }
  // First the claim: a node that acknowledges without so much as trying to sync gives the fault nothing to do.
  expect(acknowledged, 'no write is acknowledged while syncs fail').toBe(0)
  await failing.tookEffect()
  await failing.heal()
  await node.restart()
  await node.client.put('rows', 'after', 'the restart')
  await observeRows(run, [node], 'rows')
  expect(
    run.check('losesNothing', { table: 'rows' }),
    'every acknowledged write is there after the restart',
  ).toBeValid()
})
