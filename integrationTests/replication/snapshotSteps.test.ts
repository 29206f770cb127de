/**
 * Guarantee  Replicas that all lose their power, or are all killed, at any step of a snapshot come back with every acknowledged write,
 *            every vote, and all that was done under sessions.
 * Method     For each step, with kills and with cuts of the power: clients write through each node, with and without sessions, on slow
 *            disks; all three nodes crash where the leader's log tells of the step. Those that followed are started first and go on by
 *            themselves, then who led. Turns of all sessions, also of the oldest, are sent again.
 * Fault bit  Each crash is seen in an exit record, after the line of its step; turns were sent again.
 * Known bad  snapshot-without-sessions, snapshot-drops-vote, append-confirmed-before-sync.
 */

import { Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { atEveryStep, loggedSteps } from '../atEveryStep.ts'
import { agreedLeader, expectOneLeaderPerTerm, type PeerNode, readBack, replicasEqual } from './leaderShard.ts'
import { expectPromisesKept, slowDisks, smallShard, startAllBut, trouble, untilGone } from './shardSteps.ts'

const table = 'kept'
const turns = 'turns'
const steps = ['snapshot begun', 'snapshot written', 'snapshot in charge', 'segments removed', 'snapshot taken']
/** A session remembers its last 64 turns. */
const mostTurns = 60
const mostWrites = 400

test('REPL-2e crashes of all replicas at every step of a snapshot take nothing and forget nobody', {
  timeout: 240_000,
}, async ({ startCluster, run }) => {
  const cluster = await startCluster(smallShard({ PEER_ROUTE_TIMEOUT_MS: '1500' }))
  await agreedLeader(cluster.nodes)
  const slow = await slowDisks(cluster, 15)
  const answers = new Map<string, unknown>()
  const send = async (node: PeerNode, session: string, sequence: number) => {
    const { term, index, value } = await node.client.leaderAdd(turns, session, 1, { session, sequence })
    const answer = { term, index, value }
    const name = `${session} ${sequence}`
    if (answers.has(name))
      expect(answer, 'a turn that is sent again is answered as the first time').toEqual(answers.get(name))
    answers.set(name, answer)
  }
  let sentAgain = 0
  await atEveryStep(
    {
      cluster,
      node: () => agreedLeader(cluster.nodes),
      also: (leader) => cluster.nodes.filter((each) => each !== leader),
      steps: (leader) => loggedSteps(leader, steps),
    },
    async ({ at, way, number, during }, leader) => {
      await during(() =>
        Promise.all(
          cluster.nodes.flatMap((node) => [
            untilGone(node, mostTurns, (turn) => send(node, `${node.name}-${number}`, turn + 1)),
            untilGone(node, mostWrites, (write) =>
              node.client.leaderPut(table, `${node.name}-${write % 20}`, `${number}.${write}`),
            ),
          ]),
        ),
      )
      expect(await startAllBut(cluster, leader), 'replicas come back from the crash').toBe('none')
      await agreedLeader(cluster.nodes.filter((node) => node !== leader))
      expect(await trouble(() => leader.start()), 'replicas come back from the crash').toBe('none')
      await agreedLeader(cluster.nodes)
      const names = [...answers.keys()]
      for (const name of new Set([names[0], names[Math.floor(names.length / 2)], names.at(-1)])) {
        if (name === undefined) continue
        const [session = '', sequence] = name.split(' ')
        await send(leader, session, Number(sequence))
        sentAgain++
      }
      await readBack(run, leader, table)
      expect(run.check('losesNothing', { table, nodes: [leader.name] }), 'no acknowledged write is lost').toBeValid()
      expectPromisesKept(cluster.nodes)
      run.progress(`${way} at "${at}": ${answers.size} turns`)
    },
  )
  await replicasEqual(cluster.nodes)
  expect(run.check('linearizable', { model: 'kv', table }), 'writes and reads have one order').toBeValid()
  expectOneLeaderPerTerm(cluster.nodes)
  for (const each of slow) expect(each, 'the disks were slow').toHaveFired()
  run.report('turns sent again', sentAgain, 'operations')
  if (sentAgain < steps.length) throw new Inconclusive(`Only ${sentAgain} turns were sent again.`)
})
