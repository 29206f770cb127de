/**
 * Guarantee  Writes of one and the same millisecond are told apart alike on every node, in whatever order they arrive there.
 * Method     All clocks stand still at one time, and no node hears another: each writes the same rows in the same order, so that the
 *            writes of a row bear one timestamp. Heal, compare every row on every node.
 * Fault bit  Each clock counts the readings that it moved, and the cuts the bytes that they held.
 * Known bad  tie-by-arrival (of two writes with one timestamp the one that comes later is taken).
 */

import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const keys = Array.from({ length: 40 }, (_, at) => `k${at}`)

test('REPL-3d writes with one timestamp end alike on every node', { tags: ['gate'] }, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 3 })
  const nowMs = Date.now()
  const stills = await Promise.all(cluster.nodes.map((node) => cluster.skewClock(node, { standsStill: nowMs })))
  const cuts = await Promise.all(cluster.nodes.map((node) => cluster.isolate(node)))
  const stamped = await Promise.all(
    cluster.nodes.map(async ({ name, client }) => {
      const stamps: string[] = []
      for (const key of keys) stamps.push((await client.put('rows', key, name)).timestamp)
      return stamps
    }),
  )
  expect(new Set(stamped.map((stamps) => stamps.join())).size, 'the nodes gave the rows one timestamp').toBe(1)
  for (const fault of [...cuts, ...stills]) await fault.tookEffect()
  for (const fault of [...cuts, ...stills]) await fault.heal()

  await cluster.converged(budgets.healConvergence)
  const greatest = cluster.nodes
    .map(({ name }) => name)
    .sort()
    .at(-1)
  for (const { name, client } of cluster.nodes) {
    for (const key of keys)
      expect(await client.get('rows', key), `${name} took the write of the greater name`).toBe(greatest)
  }
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('converges', { table: 'rows' }), 'every node holds the same rows').toBeValid()
})
