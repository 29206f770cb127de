/**
 * Guarantee  Entries that only a cut-off leader has, and that its successor replaces, are never acknowledged, applied or back again.
 * Method     Cut the leader off while clients wait for writes that nobody else gets; the others elect one and commit less than those.
 *            Heal within the time for which the clients wait: once with nothing else, then with a crash of who was cut off where its log
 *            tells that its tail conflicts, and that it was replaced, by a kill and by a cut of the power. Start it, compare, read.
 * Fault bit  Its log tells of each replaced tail; each crash is seen in an exit record, after the line of its step.
 * Known bad  acknowledged-by-index, commit-beyond-verified, truncated-tail-returns.
 */

import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { atEveryStep, loggedSteps } from '../atEveryStep.ts'
import { budgets } from '../budgets.ts'
import { agreedLeader, expectOneLeaderPerTerm, type PeerNode, readBack, replicasEqual } from './leaderShard.ts'
import { expectPromisesKept, slowDisks, smallShard, trouble } from './shardSteps.ts'

const table = 'tails'
const steps = ['tail conflicts', 'tail replaced']
const uncommitted = 30
const committed = 6

test('REPL-2g entries that a successor replaces are never acknowledged and never back', {
  timeout: 240_000,
}, async ({ startCluster, run }) => {
  const cluster = await startCluster(smallShard({ PEER_ROUTE_TIMEOUT_MS: '4000', PEER_SNAPSHOT_ENTRIES: '1000' }))
  await agreedLeader(cluster.nodes)
  const slow = await slowDisks(cluster, 10)
  let round = 0
  /** Returns the heal, once the others go on. */
  const cutOff = async (behind: PeerNode) => {
    round++
    await behind.client.leaderPut(table, 'common', round)
    const cut = await cluster.isolate(behind, { how: 'drop' })
    const waiting = Array.from({ length: uncommitted }, (_, at) =>
      behind.client.leaderPut(table, `lost-${round}-${at}`, at).catch(() => undefined),
    )
    const leader = await agreedLeader(cluster.nodes.filter((each) => each !== behind))
    for (let at = 0; at < committed; at++) await leader.client.leaderPut(table, `k${at}`, `kept ${round}.${at}`)
    return async () => {
      await cut.heal()
      await Promise.all(waiting)
    }
  }
  const settles = async () => {
    expect(await trouble(() => replicasEqual(cluster.nodes)), 'the replicas agree after the heal').toBe('none')
    for (const node of cluster.nodes) await readBack(run, node, table)
    expect(run.check('linearizable', { model: 'kv', table }), 'writes and reads have one order').toBeValid()
    expectPromisesKept(cluster.nodes)
    expectOneLeaderPerTerm(cluster.nodes)
  }
  const first = await agreedLeader(cluster.nodes)
  const heal = await cutOff(first)
  await heal()
  const replaced = await trouble(() => first.log.current.awaitLine('"tail replaced"', budgets.healConvergence))
  expect(replaced, 'the replicas agree after the heal').toBe('none')
  await settles()
  await atEveryStep(
    { cluster, node: () => agreedLeader(cluster.nodes), steps: (leader) => loggedSteps(leader, steps) },
    async ({ at, way, during }, leader) => {
      const heal = await cutOff(leader)
      const crash = await during(heal)
      expect(await trouble(() => crash.heal()), 'the replica comes back from the crash').toBe('none')
      await settles()
      run.progress(`${way} at "${at}"`)
    },
  )
  for (const each of slow) expect(each, 'the disks were slow').toHaveFired()
})
