/**
 * Guarantee  However many sessions there have been, a replica remembers the 10,000 used last and no more, and each of those by what it
 *            was answered first, also after all replicas came back from their snapshots.
 * Method     10,200 sessions add to a counter, one turn each. Each replica says how many it remembers; turns of sessions used last and of
 *            sessions pushed out are sent again. Then all nodes are killed and started, and asked once more.
 * Fault bit  More sessions were answered than are remembered; a snapshot was taken; a session that was pushed out begins afresh.
 * Known bad  sessions-never-forgotten (no session is pushed out by so many others).
 */

import { Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import type { Turn } from '../../fixtures/systems/peer/client.ts'
import { peerWith } from '../../fixtures/systems/peer/system.ts'
import { agreedLeader, oneShard, type PeerNode, replicasEqual } from './leaderShard.ts'

const table = 'sessions'
/** What a peer promises to remember. */
const remembered = 10_000
const sessions = remembered + 200
const clients = 64

const turnOf = (session: number): Turn => ({ session: `session-${session}`, sequence: 1 })

test('REPL-5b of thousands of sessions those used last are remembered, and no more', { timeout: 240_000 }, async ({
  startCluster,
  run,
}) => {
  const env = { PEER_SNAPSHOT_ENTRIES: '3000' }
  const cluster = await startCluster({ system: peerWith({ shards: oneShard, env }), nodes: 3 })
  const leader = await agreedLeader(cluster.nodes)
  const answers: number[] = []
  const queue = Array.from({ length: sessions }, (_, at) => at).values()
  const work = async () => {
    for (const at of queue) answers[at] = (await leader.client.leaderAdd(table, 'sum', 1, turnOf(at))).value
  }
  await Promise.all(Array.from({ length: clients }, work))
  expect(await leader.client.leaderGet(table, 'sum'), 'each turn is counted once').toBe(sessions)

  const expectBounded = async (incarnation: string) => {
    await replicasEqual(cluster.nodes)
    for (const node of cluster.nodes) {
      const count = await sessionsOf(node)
      run.report(`${node.name} remembers ${incarnation}`, count, 'operations', remembered)
      expect(count, 'a replica remembers so many sessions and no more').toBe(remembered)
    }
    const asked = await agreedLeader(cluster.nodes)
    for (const at of [sessions - 1, sessions - clients, sessions - remembered / 2]) {
      const { value } = await asked.client.leaderAdd(table, 'sum', 1, turnOf(at))
      expect(value, 'a retry is answered as the first time').toBe(answers[at])
    }
  }
  await expectBounded('at first')
  const snapshots = cluster.nodes.reduce((sum, { log }) => sum + log.count('"snapshot taken"'), 0)
  if (snapshots === 0) throw new Inconclusive('No snapshot was taken, so no session came back from one.')
  for (const node of cluster.nodes) await cluster.kill(node)
  for (const node of cluster.nodes) await node.start()
  await agreedLeader(cluster.nodes)
  await expectBounded('after the restart')

  const { value } = await (await agreedLeader(cluster.nodes)).client.leaderAdd(table, 'sum', 1, turnOf(0))
  expect(value, 'a session that was pushed out begins afresh').toBe(sessions + 1)
})

async function sessionsOf(node: PeerNode): Promise<number> {
  const line = /^peer_shard_sessions\{[^}]*\} (\d+)$/m.exec(await node.client.metrics())
  return Number(line?.[1])
}
