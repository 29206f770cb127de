/**
 * Guarantee  Nobody is elected who lacks what was acknowledged, and who hears of a later term takes part in it, so that there is a leader again.
 * Method     Rounds: cut a follower off, write, kill the leader and heal, so that the one who missed the writes asks for votes first; read
 *            them. Then leave one node with the longer log in an earlier term and one with the later term and the shorter log, by a cut
 *            while the latter stands for election, and wait for these two to agree.
 * Fault bit  Cuts and kills count; logs and status say who had the longer log and who the later term.
 * Known bad  vote-without-log-check, higher-term-ignored-in-answer, old-term-committed-by-counting.
 */

import { awaitReading, type Fault, Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { budgets } from '../budgets.ts'
import { agreedLeader, expectOneLeaderPerTerm, readBack, replicasEqual } from './leaderShard.ts'
import { expectPromisesKept, knownStatus, type PeerCluster, smallShard, trouble } from './shardSteps.ts'

const table = 'elected'
const rounds = 5
const writesEach = 6
const uncommitted = 10
const slowVoteMs = 250
const mostTries = 5

test('REPL-2h nobody leads who lacks what was acknowledged, and a later term is taken part in', {
  timeout: 240_000,
}, async ({ startCluster, run }) => {
  const cluster = await startCluster({
    ...smallShard({ PEER_ROUTE_TIMEOUT_MS: '1500', PEER_SNAPSHOT_ENTRIES: '1000' }),
    powerCuts: false,
  })
  for (let round = 1; round <= rounds; round++) {
    const leader = await agreedLeader(cluster.nodes)
    const behind = cluster.nodes.filter((each) => each !== leader)[round % 2] ?? leader
    const cut = await cluster.isolate(behind, { how: 'drop' })
    for (let at = 0; at < writesEach; at++) await leader.client.leaderPut(table, `k${round}-${at}`, at)
    await cut.tookEffect()
    const kill = await cluster.kill(leader)
    await cut.heal()
    const elected = await trouble(() => agreedLeader(cluster.nodes.filter((each) => each !== leader)))
    expect(elected, 'those who are left elect a leader').toBe('none')
    await kill.heal()
    await agreedLeader(cluster.nodes)
    await readBack(run, behind, table)
    expect(run.check('losesNothing', { table, nodes: [behind.name] }), 'no acknowledged write is lost').toBeValid()
  }
  let tries = 0
  while (!(await longerLogAgainstLaterTerm(cluster))) {
    if (++tries === mostTries) throw new Inconclusive('Each time somebody was elected before the cut.')
    for (const node of cluster.nodes) if (!node.running) await node.start()
    await agreedLeader(cluster.nodes)
  }
  await replicasEqual(cluster.nodes)
  for (const node of cluster.nodes) await readBack(run, node, table)
  expect(run.check('linearizable', { model: 'kv', table }), 'writes and reads have one order').toBeValid()
  expectOneLeaderPerTerm(cluster.nodes)
  expectPromisesKept(cluster.nodes)
})

/** Returns false, with all healed, when somebody was elected before the cut. */
async function longerLogAgainstLaterTerm(cluster: PeerCluster): Promise<boolean> {
  const longer = await agreedLeader(cluster.nodes)
  const [one, two] = cluster.nodes.filter((each) => each !== longer)
  if (!one || !two) throw new Error('There are three nodes.')
  await replicasEqual(cluster.nodes)
  const before = await knownStatus(longer)
  const slowVote = { operations: ['sync'], effect: { type: 'delay', ms: slowVoteMs } } as const
  const slow: Fault[] = await Promise.all([one, two].map((node) => cluster.failDisk(node, slowVote)))
  // Who votes for nobody has nothing to sync.
  for (const each of slow) each.mayDoNothing()
  const fromLines = [one, two].map((node) => ({ node, fromLine: node.log.current.lineCount }))
  await using cut = await cluster.isolate(longer, { how: 'drop' })
  for (let at = 0; at < uncommitted; at++) {
    longer.client.leaderPut(table, `lost-${before.term}-${at}`, at).catch(() => undefined)
  }
  const own = await awaitReading({
    what: `${longer.name} to have entries that nobody else has`,
    budget: budgets.failover,
    probe: () => knownStatus(longer),
    // A machine that stalls takes its leadership before it has them: then again.
    until: ({ role, lastIndex }) => role !== 'leader' || lastIndex >= before.lastIndex + uncommitted,
    everyMs: 2,
  })
  const stands = fromLines.map(async ({ node, fromLine }) => {
    await node.log.current.awaitLine('"stands for election"', budgets.failover, { fromLine })
    return node
  })
  const kill = await cluster.kill(longer)
  const later = await Promise.any(stands)
  const apart = (await cluster.partition(one, two, { how: 'drop' })).mayDoNothing()
  const shorter = await knownStatus(later)
  const isElected = cluster.nodes.some((node) => node.log.matches('"became leader"').some(isOf(before.term + 1)))
  const isLonger = own.lastIndex >= before.lastIndex + uncommitted && shorter.lastIndex < own.lastIndex
  const isOpen = !isElected && isLonger && shorter.term > before.term
  const other = await cluster.kill(later === one ? two : one)
  await cut.heal()
  for (const each of slow) await each.heal()
  if (isOpen) {
    // So the other one has what it opens its term with before itself: what lies before must not be committed by that alone.
    slow.push((await cluster.failDisk(longer, slowVote)).mayDoNothing())
    await kill.heal()
    const agreed = await trouble(() => agreedLeader([longer, later]))
    expect(agreed, 'who has the longer log and who has the later term agree on a leader').toBe('none')
  }
  for (const each of slow) await each.heal()
  await apart.heal()
  await other.heal()
  await kill.heal()
  return isOpen
}

function isOf(term: number): (line: string) => boolean {
  return (line) => (JSON.parse(line) as { term: number }).term >= term
}
