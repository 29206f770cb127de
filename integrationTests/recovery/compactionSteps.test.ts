/**
 * Guarantee  A node that crashes at any step of a compaction, or just after it, comes back with every row, delete and count that it
 *            acknowledged, and goes on with its peer from where they were.
 * Method     For each step, with a kill and with a cut of the power: put, change and delete rows and count, while the log is compacted
 *            again and again; crash where the log tells of the step; start, read. The disk is slow, so that the crash falls into the
 *            step and not behind it. In the end a peer that held the deleted rows and was down is started.
 * Fault bit  Each crash is seen in an exit record, after the line of its step; the peer held what was deleted while it was down.
 * Known bad  compaction-off-by-one, base-counts-what-it-lacks, base-renamed-without-sync, segment-without-folder-sync,
 *            compaction-drops-tombstones.
 */

import type { Node } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { caughtUp } from '../../fixtures/systems/peer/caughtUp.ts'
import { PeerCallError, type PeerClient } from '../../fixtures/systems/peer/client.ts'
import { observeCounter, observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { atEveryStep, loggedSteps } from '../atEveryStep.ts'
import { budgets } from '../budgets.ts'

const table = 'rows'
const counter = 'visits'
const steps = ['compaction begun', 'base written', 'base in charge', 'segments removed', 'log compacted']
const cutsMore = { 'segments removed': 5 }
const shared = 30
const mostRounds = 400

test('PEER-8h crashes at every step of a compaction take nothing and bring nothing back', { timeout: 180_000 }, async ({
  startCluster,
  run,
}) => {
  const env = { PEER_SEGMENT_BYTES: '4096', PEER_RECONCILE_TRANSACTIONS: '10' }
  const cluster = await startCluster({ system: peer, nodes: 2, env, powerCuts: true })
  const [node, other] = cluster.nodes
  for (let at = 0; at < shared; at++) await other.client.put(table, `shared-${at}`, at)
  await caughtUp(cluster.nodes, budgets.healConvergence)
  const down = await cluster.kill(other)
  const slow = await cluster.failDisk(node, { operations: ['sync'], effect: { type: 'delay', ms: 15 } })
  let deleted = 0
  await atEveryStep(
    { cluster, node: () => node, steps: (each) => loggedSteps(each, steps, cutsMore) },
    async ({ at, way, number, during }) => {
      for (let end = deleted + 2; deleted < end; deleted++) await node.client.delete(table, `shared-${deleted}`)
      const crash = await during(() => writeAndCompact(node, number))
      const trouble = await crash.heal().then(
        () => 'none',
        (error: Error) => error.message,
      )
      expect(trouble, 'the node comes back from the crash').toBe('none')
      await observeRows(run, [node], table)
      expect(run.check('losesNothing', { table, nodes: [node.name] }), 'no acknowledged row is lost').toBeValid()
      run.progress(`${way} at "${at}"`)
    },
  )
  expect(slow, 'the disk was slow').toHaveFired()
  await slow.heal()
  // What it holds came from its newest base: the life that wrote it is over.
  await node.client.compact()
  await (await cluster.kill(node)).heal()
  await down.heal()
  await cluster.connected(budgets.healConvergence)
  await node.client.put(table, 'after', 'all')
  await caughtUp(cluster.nodes, budgets.healConvergence)
  await observeRows(run, cluster.nodes, table)
  await observeCounter(run, cluster.nodes, counter)
  expect(run.check('neverResurrects', { table }), 'no deleted row comes back').toBeValid()
  expect(run.check('losesNothing', { table }), 'no acknowledged row is lost').toBeValid()
  expect(run.check('countsExactly', { table: 'counters' }), 'each count is there once').toBeValid()
  await cluster.converged(budgets.healConvergence)
})

/** Clients until the node is gone; one of them compacts now and then. */
async function writeAndCompact(node: Node<PeerClient>, number: number): Promise<void> {
  const { client } = node
  const untilGone = async (act: (at: number) => Promise<unknown>) => {
    try {
      for (let at = 0; at < mostRounds; at++) await act(at)
    } catch (error) {
      if (!(error instanceof PeerCallError)) throw error
    }
  }
  await Promise.all([
    untilGone(async (at) => {
      await client.put(table, `c${number}-${at}`, { at, filler: 'x'.repeat(300) })
      if (at > 3) await client.put(table, `c${number}-${at - 3}`, { at, filler: 'y'.repeat(200) })
      if (at > 6) await client.delete(table, `c${number}-${at - 6}`)
      // Several segments go at a time.
      if (at % 8 === 7) await client.compact()
    }),
    untilGone((at) => client.add(counter, at % 2 === 0 ? 5 : -2)),
  ])
}
