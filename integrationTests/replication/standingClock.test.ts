/**
 * Guarantee  Writes of one and the same millisecond are told apart: the later one wins, on every node, and none is lost.
 * Method     All clocks stand still. Each node writes rows of its own, and one row over and over; then the nodes overwrite one
 *            row in turn, each having seen what the one before wrote. Compare every row on every node.
 * Fault bit  Each clock counts the readings that would have moved.
 * Known bad  steps-forgotten (the hybrid clock gives one timestamp twice within a millisecond, so a later write is taken for the same).
 */

import { awaitReading } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const rowsEach = 40
const rewrites = 20

test('REPL-3d writes of one millisecond are told apart', { tags: ['gate'] }, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 3 })
  const stills = await Promise.all(cluster.nodes.map((node) => cluster.skewClock(node, { standsStill: true })))
  await Promise.all(
    cluster.nodes.map(async ({ name, client }) => {
      for (let at = 0; at < rowsEach; at++) await client.put('rows', `${name}-${at}`, at)
      for (let at = 0; at < rewrites; at++) await client.put('rows', `${name}-again`, at)
    }),
  )
  for (const { name, client } of cluster.nodes) {
    expect(await client.get('rows', `${name}-again`), 'the last of many writes in one millisecond stays').toBe(
      rewrites - 1,
    )
  }
  for (const [turn, { name, client }] of cluster.nodes.entries()) {
    await client.put('rows', 'in turn', turn)
    for (const other of cluster.nodes) {
      await awaitReading({
        what: `${other.name} to see what ${name} wrote over the row`,
        budget: budgets.healConvergence,
        probe: () => other.client.get('rows', 'in turn'),
        until: (value) => value === turn,
        open: () => other.log.path,
      })
    }
  }
  for (const still of stills) {
    await still.tookEffect()
    await still.heal()
  }
  await cluster.converged(budgets.healConvergence)
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('losesNothing', { table: 'rows' }), 'no acknowledged row is lost').toBeValid()
})
