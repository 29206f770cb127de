/**
 * Guarantee  Three regions take a stream of signals each, and all of them hold all of it within seconds of its end.
 * Method     Eight writers on each of three nodes, 80 ms apart, put 7,500 signals into each, in transactions of 50; when
 *            the last one is acknowledged, wait for the regions to catch up; count signals on each. `npm run bench --
 *            replication` holds 25,000 a second for 30 s.
 * Fault bit  Every signal was acknowledged, and the lines between the regions delayed chunks.
 * Known bad  stop-and-wait (a link carries one transaction in each round trip).
 */

import { nowMs } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { signalBatch } from '../../fixtures/datasets/signals.ts'
import { caughtUp } from '../../fixtures/systems/peer/caughtUp.ts'
import { observeCounter, observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const batchSignals = 50
const transactionsOfEach = 150
const writers = 8

test('REPL-4 three regions hold a stream of signals within 5 s of its end', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const regions = ['eu', 'us', 'ap']
  const cluster = await startCluster({ system: peer, nodes: 3, regions, interRegion: { delayMs: 80 } })
  const startedAtMs = nowMs()
  await Promise.all(
    cluster.nodes.map(async ({ client, name }) => {
      const numbers = Array.from({ length: transactionsOfEach }, (_, number) => number).values()
      const write = async () => {
        for (const number of numbers) await client.transaction(signalBatch(name, number, batchSignals))
      }
      await Promise.all(Array.from({ length: writers }, write))
    }),
  )
  const endedAtMs = nowMs()
  const signals = cluster.nodes.length * transactionsOfEach * batchSignals
  run.report('signals', signals, 'operations')
  run.report('acknowledged in a second', (signals * 1_000) / (endedAtMs - startedAtMs), 'operations')

  await caughtUp(cluster.nodes, budgets.signalConvergence)
  run.report('caught up after the end', nowMs() - endedAtMs, 'ms', budgets.signalConvergence.limit)
  await observeRows(run, cluster.nodes, 'signals')
  await observeCounter(run, cluster.nodes, 'signals')
  expect(run.check('losesNothing', { table: 'signals' }), 'every region holds every signal').toBeValid()
  expect(run.check('countsExactly', { table: 'counters', counter: 'signals' }), 'the count is exact').toBeValid()
  await cluster.converged(budgets.healConvergence)
  expect(cluster.regions?.counts().chunksDelayed, 'the regions were apart').toBeGreaterThan(0)
})
