/**
 * Guarantee  A write that is sent again under the same session and sequence number is done once, also when another node
 *            leads by then, after the log that holds it was replaced by a snapshot, and when the session has gone on so far that its
 *            answer is not kept any more.
 * Method     Sessions add to a counter, each turn until it is answered and then once more through another node; the leader
 *            is killed midway. Each session leaps ahead, so that its turns lie below the high-water mark of what is kept, and sends
 *            them again. Then everything the nodes have is restarted from its snapshots, and turns are sent again.
 * Fault bit  The kill is seen in an exit record; turns were sent again across it, and a snapshot was taken.
 * Known bad  retry-doubles (the turn of a write is not looked at), sequence-below-mark-applied (what is not kept is taken for new).
 */

import { awaitReading, Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { type LeaderCommit, PeerCallError, type Turn } from '../../fixtures/systems/peer/client.ts'
import { peerWith } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'
import { whileAlive } from '../leaders.ts'
import { agreedLeader, expectOneLeaderPerTerm, oneShard, type PeerNode, replicasEqual } from './leaderShard.ts'

const table = 'sessions'
const sessions = 3
const turnsEach = 24
/** Turns of each session before the kill; those behind them meet it. */
const turnsBefore = 8
/** Turns behind the highest of a session whose answers a peer keeps. */
const keptTurns = 64
/** Sent last: all turns before it are too far behind. */
const leap = turnsEach + keptTurns

type Answer = LeaderCommit & { value: number }

test('REPL-5 a write that is retried under its session is done once, across a failover and a restart', {
  tags: ['gate'],
}, async ({ startCluster, run }) => {
  const env = { PEER_SNAPSHOT_ENTRIES: '20', PEER_ROUTE_TIMEOUT_MS: '2000' }
  const cluster = await startCluster({ system: peerWith({ shards: oneShard, env }), nodes: 3 })
  const leader = await agreedLeader(cluster.nodes)
  const answers = new Map<string, Answer>()
  let sentAgain = 0
  const add = async (turn: Turn): Promise<void> => {
    const { answer, node, attempts } = await sendUntilAnswered(cluster.nodes, turn)
    const again = cluster.nodes.filter((each) => each !== node && each.running)[0] ?? node
    const second = await sendUntilAnswered([again, ...cluster.nodes], turn)
    expect(second.answer, 'a retry is answered as the first time').toEqual(answer)
    sentAgain += attempts + second.attempts - 1
    answers.set(`${turn.session} ${turn.sequence}`, answer)
  }
  const go = async (session: string, from: number, to: number) => {
    for (let sequence = from; sequence <= to; sequence++) await add({ session, sequence })
  }
  const names = Array.from({ length: sessions }, (_, at) => `session-${at + 1}`)
  await Promise.all(names.map((name) => go(name, 1, turnsBefore)))
  const goOn = names.map((name) => go(name, turnsBefore + 1, turnsEach))
  const kill = await cluster.kill(leader)
  await Promise.all(goOn)
  expect(kill, 'the leader was killed').toHaveFired()
  await kill.heal()
  await agreedLeader(cluster.nodes)
  await replicasEqual(cluster.nodes)
  const [reader] = cluster.nodes
  const counted = () => reader.client.leaderGet(table, 'sum')
  const turns = sessions * turnsEach
  expect(await counted(), 'each turn is counted once').toBe(turns)

  for (const session of names) {
    const { answer } = await sendUntilAnswered(cluster.nodes, { session, sequence: 1 })
    expect(answer, 'a retry is answered as the first time').toEqual(answers.get(`${session} 1`))
    await add({ session, sequence: leap })
  }
  const isNotDoneAgain = async () => {
    for (const session of names) {
      for (const sequence of [1, turnsBefore, turnsEach]) {
        const told = await sendUntilTold(cluster.nodes, { session, sequence })
        expect(told, 'a turn below the high-water mark is not done again').toMatchObject({ status: 410 })
      }
    }
    expect(await counted(), 'each turn is counted once').toBe(turns + sessions)
  }
  await isNotDoneAgain()

  const snapshots = cluster.nodes.reduce((sum, { log }) => sum + log.count('"snapshot taken"'), 0)
  if (snapshots === 0) throw new Inconclusive('No snapshot was taken, so no session came back from one.')
  for (const node of cluster.nodes) await cluster.kill(node)
  for (const node of cluster.nodes) await node.start()
  await agreedLeader(cluster.nodes)
  for (const session of names) {
    const { answer } = await sendUntilAnswered(cluster.nodes, { session, sequence: leap })
    expect(answer, 'a retry is answered as the first time').toEqual(answers.get(`${session} ${leap}`))
  }
  await isNotDoneAgain()
  run.report('turns sent again', sentAgain, 'operations')
  if (sentAgain < turns) throw new Inconclusive(`Only ${sentAgain} of ${turns} turns were sent again.`)
  expectOneLeaderPerTerm(cluster.nodes)
})

/** Sends the turn to one node after the other until one answers. The history keeps every attempt. */
async function sendUntilAnswered(
  nodes: readonly PeerNode[],
  turn: Turn,
): Promise<{ answer: Answer; node: PeerNode; attempts: number }> {
  let attempts = 0
  return awaitReading({
    what: `turn ${turn.sequence} of ${turn.session} to be answered`,
    budget: budgets.failover,
    probe: async () => {
      const running = nodes.filter((each) => each.running)
      const node = running[attempts++ % running.length] as PeerNode
      const answer = await whileAlive(node, (client) => client.leaderAdd(table, 'sum', 1, turn))
      return { answer, node, attempts }
    },
    until: () => true,
  })
}

/** Sends the turn to one node after the other until one answers, or says that it cannot know any more. */
function sendUntilTold(nodes: readonly PeerNode[], turn: Turn): Promise<Answer | PeerCallError> {
  let attempts = 0
  return awaitReading<Answer | PeerCallError>({
    what: `turn ${turn.sequence} of ${turn.session} to be answered or refused for good`,
    budget: budgets.failover,
    probe: () => {
      const running = nodes.filter((each) => each.running)
      const node = running[attempts++ % running.length] as PeerNode
      return whileAlive(node, (client) => client.leaderAdd(table, 'sum', 1, turn)).catch((error: unknown) => {
        if (error instanceof PeerCallError && error.status === 410) return error
        throw error
      })
    },
    until: () => true,
  })
}
