/**
 * Guarantee  Three regions take a stream of signals at the rate at which it comes, and all of them hold all of it within 5 s of its end.
 * Method     Transactions of 50 signals come evenly, as an open loop, to three nodes 80 ms apart in turn, in three windows.
 *            The rate that was acknowledged is judged against the rate that was offered, two windows of three; a window in which
 *            this machine or the generator stalled is repeated, and says nothing unless the rate was reached. When the last one is
 *            acknowledged, wait for the regions to catch up, and count signals on each. 6,000 signals a second, 25,000 at full scale.
 * Fault bit  None. Every signal was acknowledged, and the lines between the regions delayed chunks.
 * Known bad  commit-in-single-file (a node commits one write at a time, each with a disk's delay), stop-and-wait (a link carries one
 *            transaction in each round trip).
 */

import { constant, type LatencySeries, nowMs, type RateBudget } from '@breakwater/harness'
import { sized, clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { signalBatch } from '../../fixtures/datasets/signals.ts'
import { caughtUp } from '../../fixtures/systems/peer/caughtUp.ts'
import { observeCounter, observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets, offeredRate, signalAcknowledged } from '../budgets.ts'

const batchSignals = 50
/** Of all regions together, evenly: 6,000 signals a second, and 25,000 at full scale. */
const transactionsPerSecond = sized({ gate: 120, full: 500 })
const windowMs = sized({ gate: 2_500, full: 10_000 })

test('REPL-4 three regions take signals as they come and hold them all within 5 s of the end', {
  tags: ['gate'],
}, async ({ startCluster, run }) => {
  const regions = ['eu', 'us', 'ap']
  const cluster = await startCluster({ system: peer, nodes: 3, regions, interRegion: { delayMs: 80 } })
  const sent = cluster.nodes.map(() => 0)
  const stream = await run.load({
    name: 'signals',
    loop: { arrivals: constant(transactionsPerSecond) },
    windowMs,
    repeats: 1,
    // Says which stalls matter: one that is long enough to move the rate.
    budgets: [signalAcknowledged],
    scenarios: [
      {
        name: 'transaction',
        run: async (user) => {
          const at = user.number % cluster.nodes.length
          const { client, name } = cluster.nodes[at]!
          const batch = signalBatch(name, sent[at]!++, batchSignals)
          await user.step('acknowledge', () => client.transaction(batch))
        },
      },
    ],
  })
  const endedAtMs = nowMs()
  const { okPerSecond, runs, p99Ms } = stream.total()
  const { lagP99Ms } = stream.generator()
  run.report('transactions', runs, 'operations')
  run.report('signals acknowledged in a second', okPerSecond * batchSignals, 'operations')
  run.report('offered in a second', transactionsPerSecond * batchSignals, 'operations')
  run.report('until acknowledged, p99', p99Ms, 'ms')
  run.report('the generator was late, p99', lagP99Ms, 'ms')

  await caughtUp(cluster.nodes, budgets.signalConvergence)
  run.report('caught up after the end', nowMs() - endedAtMs, 'ms', budgets.signalConvergence.limit)
  await observeRows(run, cluster.nodes, 'signals')
  await observeCounter(run, cluster.nodes, 'signals')
  expect(run.check('losesNothing', { table: 'signals' }), 'every region holds every signal').toBeValid()
  expect(run.check('countsExactly', { table: 'counters', counter: 'signals' }), 'the count is exact').toBeValid()
  await cluster.converged(budgets.healConvergence)
  expect(cluster.regions?.counts().chunksDelayed, 'the regions were apart').toBeGreaterThan(0)
  const rate = offeredRate(transactionsPerSecond)
  expect(soundOrReached(stream, rate), 'the rate that is offered is taken').toMeetBudget(rate)
})

/** What stalls only lowers a rate, so a window in which it was reached all the same tells as much as a sound one. */
function soundOrReached({ what, windows, open }: LatencySeries, { limit }: RateBudget): LatencySeries {
  return {
    what,
    windows: windows.map((window) => {
      const { voidBecause: _, ...sound } = window
      const perSecond = ((window.count - window.failed) * 1_000) / (window.elapsedMs ?? Number.NaN)
      return perSecond >= limit ? sound : window
    }),
    ...(open === undefined ? {} : { open }),
  }
}
