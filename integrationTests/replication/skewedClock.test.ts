/**
 * Guarantee  A write made by a node that has seen another write wins over it, whatever the wall clocks say.
 * Method     Set one node's clock 60 s back; it reads a row that another wrote, and overwrites it; then the other one
 *            deletes it, and the node whose clock is behind writes it anew.
 * Fault bit  The clock fault counts the readings it moved, and each write had seen the one before it.
 * Known bad  lww-wall-clock (compares wall clocks, so the later write loses).
 */

import { awaitReading } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

test('PEER-5c a later write wins although its clock is 60 s behind', { tags: ['gate'] }, async ({ startCluster }) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [first, behind] = cluster.nodes
  await using skew = await cluster.skewClock(behind, -60_000)
  const sees = async (node: typeof first, value: string | undefined) => {
    await awaitReading({
      what: `${node.name} to see ${value ?? 'the delete'}`,
      budget: budgets.healConvergence,
      probe: () => node.client.get('rows', 'price'),
      until: (read) => read === value,
      open: () => node.log.path,
    })
  }

  await first.client.put('rows', 'price', 'old')
  await sees(behind, 'old')
  await behind.client.put('rows', 'price', 'new')
  await skew.tookEffect()
  expect(await behind.client.get('rows', 'price'), 'a node reads its own later write').toBe('new')
  await cluster.converged(budgets.healConvergence)
  for (const node of cluster.nodes) {
    expect(await node.client.get('rows', 'price'), 'the later write wins on every node').toBe('new')
  }

  await first.client.delete('rows', 'price')
  await sees(behind, undefined)
  await behind.client.put('rows', 'price', 'newest')
  await cluster.converged(budgets.healConvergence)
  for (const node of cluster.nodes) {
    expect(await node.client.get('rows', 'price'), 'a later write wins over a delete').toBe('newest')
  }
})
