/**
 * Guarantee  What the leader has acknowledged is applied in other regions within its latency budget, also when they lie 80 ms apart.
 * Method     An open loop writes on the leader of a shard with a replica in each of three regions. A write ends when a follower
 *            in another region shows the record. Its p99 is judged over three windows.
 * Fault bit  No fault. The lines between regions count the bytes that they delayed; the watched replica never led, and the
 *            write is read back from it, not taken from its word.
 * Known bad  apply-lags (a follower applies what is committed at intervals of 5 s).
 */

import { type GuardRun, Inconclusive, type Node, poisson, type RecordCall } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { AppliedWatch } from '../../fixtures/systems/peer/appliedWatch.ts'
import { PeerClient } from '../../fixtures/systems/peer/client.ts'
import { peerWith } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'
import { expectOneLeaderPerTerm } from './leaderShard.ts'
import { shardLeader } from './shardLeader.ts'

const regions = ['eu', 'us', 'ap']
const shard = 's1'
/** More than writes can be under way, so that none waits for its turn at the client. */
const connections = 256
const system = peerWith({ shards: [{ name: shard, replicas: ['n1', 'n2', 'n3'] }] })

test('REPL-1 a write on the leader reaches another region in time', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system, nodes: 3, regions })
  await writeAndWatch(run, cluster.nodes)
})

test('REPL-1b so does a write while regions are 80 ms apart', { tags: ['gate'] }, async ({ startCluster, run }) => {
  const interRegion = { delayMs: 80 }
  const cluster = await startCluster({ system, nodes: 3, regions, interRegion })
  const { watched } = await writeAndWatch(run, cluster.nodes)
  // There and back, and the news of the commit: less would mean that the regions were not apart.
  if (watched.p50Ms < 2 * interRegion.delayMs)
    throw new Inconclusive(`Half of the writes took ${watched.p50Ms} ms: too near.`)
})

async function writeAndWatch(run: GuardRun, nodes: readonly Node<PeerClient>[]) {
  const leader = await shardLeader(nodes, shard)
  const follower = nodes.find((node) => node.region !== leader.region)
  if (!follower) throw new Error('every node lives in the region of the leader')
  const watch = new AppliedWatch(follower, shard)
  const { host, port } = leader.plan.reach
  const record: RecordCall = (operation, call, result) =>
    run.recorder.run({ client: 'writer', node: leader.name, ...operation }, call, result)
  const writer = new PeerClient(`http://${host}:${port}`, record, { connections })
  const result = await run.load({
    name: 'writes',
    loop: { arrivals: poisson(300) },
    windowMs: 2_000,
    warmUpMs: 500,
    budgets: [budgets.replicationLatency],
    scenarios: [
      {
        name: 'write',
        run: async (user) => {
          const key = `k${user.random.integer(0, 1e9)}`
          const commit = await user.step('acknowledge', () => writer.leaderPut('rows', key, user.number))
          await user.step('apply elsewhere', async () => {
            await watch.applied(commit.index)
            const value = await follower.client.leaderGet('rows', key, { local: true })
            if (value === undefined) throw new Error(`${follower.name} has applied ${commit.index} and shows no ${key}`)
          })
        },
      },
    ],
  })
  await writer.close()
  if (watch.hasLed)
    throw new Inconclusive(`${follower.name} became the leader: what it applies says nothing of replication.`)
  const watched = result.figures().find((figures) => figures.class === 'write')!
  run.report('write until applied elsewhere, p50', watched.p50Ms, 'ms')
  run.report('p99', watched.p99Ms, 'ms', budgets.replicationLatency.limit)
  run.report('writes', watched.runs, 'operations')
  run.report('terms', expectOneLeaderPerTerm(nodes, shard), 'terms')
  expect(result.of('write'), 'a write is applied in another region in time').toMeetBudget(budgets.replicationLatency)
  return { watched }
}
