/**
 * Guarantee  A source that says it holds more and sends nothing is asked for it once, and not again at every word of it.
 * Method     Hold every read of the source's log, so that it cannot send what it has; write rows there; wait until it has
 *            spoken of them some hundred times; count the reads that are under way for its follower. Let go, and compare.
 * Fault bit  The disk counts the reads it held, and the follower heard the source all the while.
 * Known bad  resubscribe-flood (whoever lags subscribes anew at each heartbeat).
 */

import { awaitReading, Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

/** Many words in a short time. */
const env = { PEER_HEARTBEAT_MS: '10', PEER_PEER_TIMEOUT_MS: '10000' }
const heartbeats = 200
/** A heartbeat is no shorter than this, and next to nothing else is sent. */
const heartbeatBytes = 30

test('PEER-10c a source that is stuck is asked once, not at every heartbeat', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 2, env })
  const [source, follower] = cluster.nodes
  await source.client.insert('rows', rows(10, { prefix: 'before' }))
  await cluster.converged(budgets.healConvergence)

  const stuck = await cluster.failDisk(source, {
    operations: ['read'],
    pathIncludes: '/log/',
    effect: { type: 'hold' },
  })
  await source.client.insert('rows', rows(100))
  await stuck.tookEffect()
  const link = cluster.link(source, follower)
  const before = link.bytesPassed
  await awaitReading({
    what: `${source.name} to speak ${heartbeats} times more`,
    budget: budgets.catchUp,
    probe: () => link.bytesPassed - before,
    until: (bytes) => bytes > heartbeats * heartbeatBytes,
    open: () => source.log.path,
  })
  const reads = Number(stuck.counts().callsHeld)
  if ((await follower.client.count('rows')) > 10) throw new Inconclusive('Rows came although the source was stuck.')
  run.report('reads under way for the follower', reads, 'operations', budgets.stuckReads.limit)
  expect(reads, 'a source that is stuck is asked once').toMeetBudget(budgets.stuckReads)
  await stuck.heal()
  await cluster.converged(budgets.healConvergence)
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('losesNothing', { table: 'rows' }), 'every row arrives in the end').toBeValid()
})
