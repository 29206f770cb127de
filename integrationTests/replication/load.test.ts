/**
 * Guarantee  Writers on every node lose nothing and double nothing while one node is killed and comes back.
 * Method     A writer on each of three nodes puts rows and adds to one counter until so many of its rows are
 *            acknowledged. One node is killed midway, its writer goes elsewhere meanwhile. Its disk stands still before the
 *            kill, so that rows of others are on their way to it which it has not written.
 * Fault bit  The still disk counts the syncs it held, and the kill is seen in the node's exit record; the killed node
 *            acknowledged writes before it and after it, and another one did while it was away.
 * Known bad  counter-merged-as-lww (increments lost), counter-forgets-over-restart (additions after it hide behind those before),
 *            restarted-node-misses-upsert (what was on its way at the kill never arrives).
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
/** On the node that is killed before its kill and after its restart, and elsewhere while it is away. */
const leastWrites = 20

test('PEER-5 writers on three nodes lose nothing while one node restarts', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 3 })
  const [refuge, restarted] = cluster.nodes
  const killAndStart = async () => {
    await writes(run, restarted, leastWrites)
    const stillDisk = await cluster.failDisk(restarted, { operations: ['sync'], effect: { type: 'hold' } })
    await writes(run, refuge, leastWrites) // on their way to the node, which cannot have them durable
    expect(stillDisk, 'the disk stood still').toHaveFired()
    const killed = await cluster.kill(restarted)
    await stillDisk.heal()
    await writes(run, refuge, leastWrites)
    await killed.heal()
    return killed
  }
  const [kill, ...refused] = await Promise.all([
    killAndStart(),
    ...cluster.nodes.map((node) => writeUntilAcknowledged(node, node === restarted ? refuge : undefined)),
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
  const { openedAtMs, healedAtMs = Number.NaN } = kill
  const whileAway = ({ startedAtMs, endedAtMs }: Operation) => startedAtMs > openedAtMs && endedAtMs < healedAtMs
  const counts = {
    [`${restarted.name} before its kill`]: writesOf(run, restarted).filter((each) => each.endedAtMs < openedAtMs),
    [`${refuge.name} while it was away`]: writesOf(run, refuge).filter(whileAway),
    [`${restarted.name} after its restart`]: writesOf(run, restarted).filter((each) => each.startedAtMs > healedAtMs),
  }
  for (const [what, { length }] of Object.entries(counts)) {
    run.report(`rows written on ${what}`, length, 'operations')
    if (length < leastWrites / 2) throw new Inconclusive(`Only ${length} rows were written on ${what}.`)
  }
})

/**
 * Writes rows on the node until enough are acknowledged. What it refuses goes to the refuge, if there is one; else no
 * refusal is in order. Returns how many there were.
 */
async function writeUntilAcknowledged(node: Node<PeerClient>, refuge?: Node<PeerClient>): Promise<number> {
  let refused = 0
  // The history keeps the outcome, whether the write happened or cannot be known.
  const refusal = (error: unknown) => {
    if (!refuge) throw error
    refused++
  }
  for (let row = 0; row - refused < rowsOfEach; row++) {
    const key = `${node.name}-${row}`
    const value = { writer: node.name, row }
    const before = refused
    await node.client.put('rows', key, value).catch(refusal)
    if (refused > before) await refuge?.client.put('rows', `${key}-elsewhere`, value)
    else await node.client.add('sum', 1).catch(refusal)
  }
  return refused
}

/** Waits until the node has acknowledged so many rows more. */
async function writes(run: GuardRun, node: Node<PeerClient>, count: number): Promise<void> {
  const before = writesOf(run, node).length
  await awaitReading({
    what: `${node.name} to acknowledge ${count} rows`,
    budget: budgets.catchUp,
    probe: () => writesOf(run, node).length - before,
    until: (more) => more >= count,
    everyMs: 1,
    open: () => node.log.path,
  })
}

type Operation = GuardRun['history']['operations'][number]

function writesOf(run: GuardRun, node: Node<PeerClient>): Operation[] {
  return run.history.operations.filter(
    (each) => each.node === node.name && each.kind === 'put' && each.outcome === 'ok',
  )
}
