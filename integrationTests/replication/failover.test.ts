/**
 * Guarantee  When the leader of a shard dies, another takes over within seconds, nothing acknowledged is lost, and no term
 *            has two leaders.
 * Method     A writer on each of three nodes. Five times: keep the leader's bytes from the others, write through it, kill it,
 *            wait until the other two accept writes, start it again. Then a replica is asked for its vote while its disk stands still,
 *            killed, and asked by another one. Read every key back.
 * Fault bit  Each cut counts the bytes that it swallowed, each kill is seen in an exit record, the still disk counts calls.
 * Known bad  commit-without-quorum (the leader's own disk is enough), two-leaders-in-a-term (a vote is given
 *            before it is on disk), election-waits-long (followers wait thirty times as long for a leader they had).
 */

import {
  awaitReading,
  type BreakableCluster,
  type Fault,
  failoverGaps,
  type GuardRun,
  Inconclusive,
} from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import type { PeerClient } from '../../fixtures/systems/peer/client.ts'
import { peerWith } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'
import {
  agreedLeader,
  expectOneLeaderPerTerm,
  oneShard,
  type PeerNode,
  readBack,
  replicasEqual,
  shard,
  statusOf,
  Writers,
} from './leaderShard.ts'

const kills = 5
const tailWrites = 5
/** Of the killed leaders, those that died with writes which nobody else had. */
const leastTails = 3
const table = 'failover'

test('REPL-2 the crash of a leader loses nothing acknowledged and leaves clients without one for seconds only', {
  tags: ['gate'],
}, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peerWith({ shards: oneShard }), nodes: 3 })
  const killsAtMs: number[] = []
  let tails = 0
  await agreedLeader(cluster.nodes)
  const writers = new Writers(cluster.nodes, table, { keysEach: 20, mostEach: 10_000 })
  try {
    for (let at = 0; at < kills; at++) {
      const leader = await agreedLeader(cluster.nodes)
      await writers.acknowledge(20)
      const cut = await cluster.isolate(leader, { oneWay: true, how: 'drop' })
      const tail = writeTail(leader, at)
      if (await heldOnlyBy(leader, cut)) tails++
      const kill = await cluster.kill(leader)
      await tail
      killsAtMs.push(kill.openedAtMs)
      await cut.heal()
      expect(kill, 'the leader was killed').toHaveFired()
      await agreedLeader(cluster.nodes, shard, budgets.failoverWatched)
      await writers.acknowledge(20, budgets.failoverWatched)
      await kill.heal()
      await cluster.connected(budgets.healConvergence)
      // One that took too long is enough to tell.
      if (gapsSeen(run, killsAtMs).some(({ gapMs }) => gapMs > budgets.failover.limit)) break
    }
    await writers.acknowledge(20)
  } finally {
    await writers.stop()
  }
  await agreedLeader(cluster.nodes)
  await replicasEqual(cluster.nodes)
  const [reader] = cluster.nodes
  await readBack(run, reader, table)
  expect(run.check('losesNothing', { table, nodes: [reader.name] }), 'no acknowledged write is lost').toBeValid()
  expect(run.check('linearizable', { model: 'kv', table }), 'writes and reads have one order').toBeValid()

  const gaps = gapsSeen(run, killsAtMs)
  for (const [at, { gapMs }] of gaps.entries())
    run.report(`clients without, kill ${at + 1}:`, gapMs, 'ms', budgets.failover.limit)
  expect(gaps, 'clients are without an acknowledged write for a short time').toMeetBudget(budgets.failover)

  run.report('killed with writes of their own', tails, 'kills')
  if (tails < leastTails) throw new Inconclusive(`Only ${tails} of ${kills} leaders died with writes of their own.`)

  await electWithHeldVote(cluster)
  await agreedLeader(cluster.nodes)
  run.report('terms', expectOneLeaderPerTerm(cluster.nodes), 'terms')
})

/** What clients saw of each kill so far. */
function gapsSeen(run: GuardRun, killsAtMs: readonly number[]) {
  const writes = run.history.operations.filter((each) => each.table === table && each.kind === 'write')
  return failoverGaps(writes, killsAtMs)
}

/** Writes that nobody else can have. Their keys are not written again, so that one which was acknowledged is missed. */
function writeTail(leader: PeerNode, kill: number): Promise<unknown> {
  const writes = Array.from({ length: tailWrites }, (_, at) => leader.client.leaderPut(table, `tail-${kill}-${at}`, at))
  return Promise.allSettled(writes)
}

/**
 * Waits until the leader has taken in what it was sent, and had a heartbeat of time to acknowledge it by itself: it has been
 * cut off for long enough already. False if it has stepped down before.
 */
async function heldOnlyBy(leader: PeerNode, cut: Fault): Promise<boolean> {
  const until = { budget: budgets.failover, open: () => leader.log.path, everyMs: 5 }
  const least = ((await statusOf(leader))?.commitIndex ?? Number.NaN) + tailWrites
  const status = await awaitReading({
    ...until,
    what: `${leader.name} to take in ${tailWrites} writes, or to step down`,
    probe: () => statusOf(leader),
    until: (reading) => reading?.role !== 'leader' || reading.lastIndex >= least,
  })
  const before = cut.effects()
  await awaitReading({ ...until, what: 'a heartbeat', probe: () => cut.effects(), until: (now) => now > before })
  return status?.role === 'leader'
}

/**
 * A replica is asked for its vote while its disk takes nothing, is killed, and is asked by another one for its vote in the
 * same term: whoever it answered before the vote was on disk leads that term as well.
 */
async function electWithHeldVote(cluster: BreakableCluster<PeerClient, 3>): Promise<void> {
  const leader = await agreedLeader(cluster.nodes)
  await replicasEqual(cluster.nodes)
  const [candidate, voter] = cluster.nodes.filter((node) => node !== leader) as [PeerNode, PeerNode]
  const away = await cluster.isolate(leader, { how: 'drop' })
  const heldDisk = await cluster.failDisk(voter, {
    operations: ['write', 'sync'],
    pathIncludes: 'shards',
    effect: { type: 'hold' },
  })
  await heldDisk.tookEffect(budgets.failover.limit)
  const kill = await cluster.kill(voter)
  await heldDisk.heal()
  const apart = await cluster.isolate(candidate, { how: 'drop' })
  await away.heal()
  await kill.heal()
  await agreedLeader([leader, voter])
  expectOneLeaderPerTerm(cluster.nodes)
  await apart.heal()
}
