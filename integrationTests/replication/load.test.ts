/**
 * Guarantee  Writers on every node lose nothing and double nothing while one node is killed and comes back.
 * Method     A writer on each of three nodes puts rows and adds to one counter until so many of its rows are
 *            acknowledged; while its node is away it goes to another. One node, whose disk is slow, is killed midway.
 * Fault bit  The kill is seen in the node's exit record; the killed node acknowledged writes before it and after it,
 *            and the others did while it was away.
 * Known bad  counter-merged-as-lww (increments lost), restarted-node-misses-upsert (what was on its way at the kill
 *            never arrives).
 */

import { awaitReading, type GuardRun, Inconclusive, type Node } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { caughtUp } from '../../fixtures/systems/peer/caughtUp.ts'
import type { PeerClient } from '../../fixtures/systems/peer/client.ts'
import { observeCounter, observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const rowsOfEach = 120
const rowsBeforeKill = 20

test('PEER-5 writers on three nodes lose nothing while one node restarts', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 3 })
  const [refuge, restarted] = cluster.nodes
  const slowDisk = await cluster.failDisk(restarted, { operations: ['sync'], effect: { type: 'delay', ms: 4 } })

  const killAndStart = async () => {
    await awaitReading({
      what: `${restarted.name} to acknowledge ${rowsBeforeKill} rows`,
      budget: budgets.catchUp,
      probe: () => writesOf(run, restarted).length,
      until: (count) => count >= rowsBeforeKill,
      everyMs: 1,
      open: () => restarted.log.path,
    })
    const killed = await cluster.kill(restarted)
    await killed.heal()
    return killed
  }
  const [kill, ...refused] = await Promise.all([
    killAndStart(),
    ...cluster.nodes.map((node) => writeUntilAcknowledged(node, refuge)),
  ])
  run.report(
    'refused',
    refused.reduce((sum, count) => sum + count, 0),
    'operations',
  )

  await cluster.connected(budgets.healConvergence)
  await caughtUp(cluster.nodes, budgets.healConvergence)
  await observeRows(run, cluster.nodes, 'rows')
  await observeCounter(run, cluster.nodes, 'sum')
  expect(run.check('losesNothing', { table: 'rows' }), 'no acknowledged row is lost').toBeValid()
  expect(run.check('exactlyOnce', { table: 'rows' }), 'no row is doubled').toBeValid()
  expect(run.check('countsExactly', { table: 'counters', counter: 'sum' }), 'the counter is exact').toBeValid()
  await cluster.converged(budgets.healConvergence)

  expect(kill, 'a node was killed').toHaveFired()
  expect(slowDisk, 'its disk was slow').toHaveFired()
  const { openedAtMs, healedAtMs = Number.NaN } = kill
  const whileAway = ({ startedAtMs, endedAtMs }: Operation) => startedAtMs > openedAtMs && endedAtMs < healedAtMs
  const counts = {
    [`${restarted.name} before its kill`]: writesOf(run, restarted).filter((each) => each.endedAtMs < openedAtMs),
    [`${refuge.name} while it was away`]: writesOf(run, refuge).filter(whileAway),
    [`${restarted.name} after its restart`]: writesOf(run, restarted).filter((each) => each.startedAtMs > healedAtMs),
  }
  for (const [what, { length }] of Object.entries(counts)) {
    run.report(`rows written on ${what}`, length, 'operations')
    if (length < 10) throw new Inconclusive(`Only ${length} rows were written on ${what}; 10 are needed.`)
  }
})

/** Writes rows on the node until enough are acknowledged; a refused one goes to the refuge. Returns how many were. */
async function writeUntilAcknowledged(node: Node<PeerClient>, refuge: Node<PeerClient>): Promise<number> {
  let refused = 0
  for (let row = 0; row - refused < rowsOfEach; row++) {
    const key = `${node.name}-${row}`
    // An ended node refuses; the history keeps the outcome, and the writer goes on elsewhere.
    const isWritten = await node.client.put('rows', key, { writer: node.name, row }).then(
      () => true,
      () => false,
    )
    if (isWritten) await node.client.add('sum', 1).catch(() => undefined)
    else {
      refused++
      await refuge.client.put('rows', `${key}-elsewhere`, { writer: node.name, row })
    }
  }
  return refused
}

type Operation = GuardRun['history']['operations'][number]

function writesOf(run: GuardRun, node: Node<PeerClient>): Operation[] {
  return run.history.operations.filter(
    (each) => each.node === node.name && each.kind === 'put' && each.outcome === 'ok',
  )
}
