/**
 * Guarantee  A vote that is asked for late is not given past what was committed since the pre-vote.
 * Method     Cut one link of the leader and pause it until the follower behind that link stands for election, on a disk so slow that its
 *            request for votes is late; let the leader go on and write through it meanwhile. Heal, agree, read. When the other
 *            follower stands first, again.
 * Fault bit  The log of the follower says that it stood for election; writes were acknowledged before its request could arrive.
 * Known bad  late-vote-without-log-check.
 */

import { awaitReading, type Fault, Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { budgets } from '../budgets.ts'
import { agreedLeader, expectOneLeaderPerTerm, type PeerNode, readBack, statusOf } from './leaderShard.ts'
import { expectPromisesKept, smallShard, trouble } from './shardSteps.ts'

const table = 'late'
/** How late the request for votes is: the pause has to end and a write to be acknowledged meanwhile, and the candidacy to last. */
const slowVoteMs = 600
const electionTimeoutMs = 1_200
const mostTries = 12
const wanted = 2

test('REPL-2j a vote that is asked for late is not given past what was committed meanwhile', {
  timeout: 240_000,
}, async ({ startCluster, run }) => {
  const cluster = await startCluster({
    ...smallShard({
      PEER_ROUTE_TIMEOUT_MS: '3000',
      PEER_SNAPSHOT_ENTRIES: '1000',
      PEER_RAFT_HEARTBEAT_MS: '50',
      PEER_ELECTION_TIMEOUT_MS: String(electionTimeoutMs),
    }),
    powerCuts: false,
  })
  let bit = 0
  /** Not only by its word: a replica that found what it committed replaced has stopped, and its status stays. */
  const served = async (node: PeerNode) => {
    const trying = awaitReading({
      what: 'a write to be acknowledged after the heal',
      budget: budgets.failover,
      probe: () => node.client.leaderPut(table, 'asked', node.name),
      until: () => true,
      open: () => node.log.path,
    })
    expect(await trouble(() => trying), 'a leader is agreed on after the heal').toBe('none')
  }
  for (let round = 1; round <= mostTries && bit < wanted; round++) {
    const leader = await agreedLeader(cluster.nodes)
    const [late, other] = cluster.nodes.filter((each) => each !== leader)
    if (!late || !other) throw new Error('There are three nodes.')
    await served(leader)
    const slow = await cluster.failDisk(late, { operations: ['sync'], effect: { type: 'delay', ms: slowVoteMs } })
    const open: Fault[] = [slow, await cluster.partition(leader, late, { how: 'drop' })]
    const stands = [late, other].map(async (node) => {
      await node.log.current.awaitLine('"stands for election"', budgets.failover, {
        fromLine: node.log.current.lineCount,
      })
      return node
    })
    for (const each of stands) each.catch(() => {})
    // From now on it asks at each heartbeat, so it stands as soon as the other one may miss the leader.
    await awaitReading({
      what: `${late.name} to miss its leader`,
      budget: budgets.failover,
      probe: () => statusOf(late),
      until: (status) => status?.role === 'preCandidate',
      everyMs: 10,
      open: () => late.log.path,
    })
    const pause = await cluster.pause(leader)
    const first = await Promise.any(stands)
    await pause.heal()
    if (first === late) {
      const writes = [1, 2, 3].map((at) => leader.client.leaderPut(table, `k${round}-${at}`, at))
      const done = await Promise.allSettled(writes)
      const isVoteDue = (await statusOf(leader))?.role !== 'leader'
      if (!isVoteDue && done.some(({ status }) => status === 'fulfilled')) bit++
    }
    for (const fault of open) await fault.mayDoNothing().heal()
    await served(other)
    await readBack(run, other, table)
    expect(run.check('losesNothing', { table, nodes: [other.name] }), 'no acknowledged write is lost').toBeValid()
    run.progress(`${first.name} stood first; late was ${late.name}; ${bit} late votes`)
  }
  expect(run.check('linearizable', { model: 'kv', table }), 'writes and reads have one order').toBeValid()
  expectOneLeaderPerTerm(cluster.nodes)
  expectPromisesKept(cluster.nodes)
  if (bit < wanted) throw new Inconclusive(`Only ${bit} votes were asked for after a write was acknowledged.`)
})
