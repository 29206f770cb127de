/**
 * Guarantee  A replica that crashes at any step of taking over a snapshot comes back and follows.
 * Method     For each step, with a kill and with a cut of the power: cut a follower off, write so much that the leader's log no longer
 *            reaches back to it and its snapshot takes several pieces, heal; crash the follower where its log tells of the step, start
 *            it, compare the replicas.
 * Fault bit  Each crash is seen in an exit record, after the line of its step; the leader's log began behind the follower's.
 * Known bad  lost-chunk-not-resent (a piece that was lost is not sent again).
 */

import { awaitReading } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { atEveryStep, loggedSteps } from '../atEveryStep.ts'
import { budgets } from '../budgets.ts'
import { agreedLeader, expectOneLeaderPerTerm, readBack, replicasEqual, statusOf } from './leaderShard.ts'
import { expectPromisesKept, knownStatus, slowDisks, smallShard, trouble } from './shardSteps.ts'

const table = 'pieces'
const steps = ['snapshot arriving', 'snapshot arrived', 'snapshot in charge', 'segments removed', 'snapshot installed']
const cutsMore = { 'segments removed': 1 }
const keys = 24
const valueBytes = 8_000

test('REPL-2f a replica that crashes at any step of taking over a snapshot comes back and follows', {
  timeout: 240_000,
}, async ({ startCluster, run }) => {
  const cluster = await startCluster(smallShard({ PEER_ROUTE_TIMEOUT_MS: '3000' }))
  await agreedLeader(cluster.nodes)
  const slow = await slowDisks(cluster, 10)
  await atEveryStep(
    {
      cluster,
      node: async () => {
        const leader = await agreedLeader(cluster.nodes)
        return cluster.nodes.filter((each) => each !== leader)[0] ?? leader
      },
      steps: (follower) => loggedSteps(follower, steps, cutsMore),
    },
    async ({ at, way, number, during }, follower) => {
      const cut = await cluster.isolate(follower, { how: 'drop' })
      const leader = await agreedLeader(cluster.nodes.filter((each) => each !== follower))
      const { lastIndex } = await knownStatus(follower)
      const write = (at: number) =>
        leader.client.leaderPut(table, `k${at % keys}`, { number, at, filler: 'x'.repeat(valueBytes) })
      for (let at = 0; at < keys; at++) await write(at)
      let more = keys
      await awaitReading({
        what: `the log of ${leader.name} to begin behind entry ${lastIndex}`,
        budget: budgets.failover,
        probe: async () => {
          await write(more++)
          return (await statusOf(leader))?.firstIndex ?? 0
        },
        until: (firstIndex) => firstIndex > lastIndex + 1,
        everyMs: 5,
        open: () => leader.log.path,
      })
      const crash = await during(() => cut.heal())
      expect(await trouble(() => crash.heal()), 'the replica comes back from the crash').toBe('none')
      const caught = await trouble(() => replicasEqual(cluster.nodes))
      expect(caught, 'the replica follows after the crash').toBe('none')
      expectPromisesKept(cluster.nodes)
      run.progress(`${way} at "${at}"`)
    },
  )
  for (const node of cluster.nodes) await readBack(run, node, table)
  expect(run.check('losesNothing', { table }), 'no acknowledged write is lost').toBeValid()
  expectOneLeaderPerTerm(cluster.nodes)
  for (const each of slow) expect(each, 'the disks were slow').toHaveFired()
})
