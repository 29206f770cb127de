/**
 * Guarantee  A replica that is so far behind that the log no longer reaches back, and that has entries of its own which
 *            nobody else has, is given one snapshot and then follows, also while the leader goes on compacting its log.
 * Method     Cut the leader off with writes that it cannot commit. The others elect another one, commit so much that their
 *            log is cut by a snapshot which lies within those writes. Heal; hold the disk of the one behind as it stores
 *            the snapshot, while the leader commits three times as much as brings a snapshot; let it go.
 * Fault bit  The cut and the held disk count; the readings of both say that the logs conflict at the snapshot and that the
 *            entries needed are gone.
 * Known bad  snapshot-install-loop (the conflicting log is kept, so the leader sends the snapshot again and again),
 *            purge-during-install (the leader drops the entries behind the snapshot that it is sending).
 */

import { awaitReading, Inconclusive, nowMs } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { peerWith } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'
import {
  agreedLeader,
  expectOneLeaderPerTerm,
  oneShard,
  type PeerNode,
  readBack,
  replicasEqual,
  statusOf,
} from './leaderShard.ts'

const table = 'behind'
const entriesPerSnapshot = 12
const uncommitted = 80
const electionTimeoutMs = 1_000
/** How long a leader waits for a follower that does not answer while it is sent a snapshot: eight election timeouts. */
const patienceMs = 8 * electionTimeoutMs

test('REPL-2d a replica far behind is given one snapshot and follows, while the leader goes on compacting', {
  tags: ['gate'],
}, async ({ startCluster, run }) => {
  const env = {
    PEER_SNAPSHOT_ENTRIES: String(entriesPerSnapshot),
    PEER_ELECTION_TIMEOUT_MS: String(electionTimeoutMs),
    PEER_ROUTE_TIMEOUT_MS: '1500',
  }
  const cluster = await startCluster({ system: peerWith({ shards: oneShard, env }), nodes: 3 })
  const behind = await agreedLeader(cluster.nodes)
  const others = cluster.nodes.filter((node) => node !== behind)
  await write(behind, 5)
  await replicasEqual(cluster.nodes)
  const common = (await statusOf(behind))?.commitIndex ?? Number.NaN

  const cut = await cluster.isolate(behind, { how: 'drop' })
  const lost = Array.from({ length: uncommitted }, (_, at) =>
    behind.client.leaderPut(table, `lost-${at}`, at).catch(() => undefined),
  )
  const leader = await agreedLeader(others)
  await Promise.all(lost)
  const own = await statusOf(behind)
  // The snapshot must lie within what only the other one has: no more is written until it is taken.
  await write(leader, 2 * entriesPerSnapshot - 2)
  const compacted = await awaitReading({
    what: `${leader.name} to cut its log behind entry ${common}`,
    budget: budgets.failover,
    probe: () => statusOf(leader),
    until: (status) => status !== undefined && status.firstIndex > common + 1,
    open: () => leader.log.path,
  })
  if (!compacted || !own || own.lastIndex < compacted.commitIndex) {
    throw new Inconclusive(
      `The log of ${leader.name} begins at ${compacted?.firstIndex} and the one behind ends at ${own?.lastIndex}, ` +
        `so the snapshot does not lie within entries that conflict (common up to ${common}).`,
    )
  }
  const heldDisk = await cluster.failDisk(behind, {
    operations: ['write'],
    pathIncludes: 'incoming',
    effect: { type: 'hold' },
  })
  const termsBefore = expectOneLeaderPerTerm(cluster.nodes)
  await cut.heal()
  await heldDisk.tookEffect(budgets.healConvergence.limit)
  const heldSinceMs = nowMs()
  await write(leader, 3 * entriesPerSnapshot)
  await heldDisk.heal()
  const heldMs = nowMs() - heldSinceMs
  if (heldMs > patienceMs) {
    throw new Inconclusive(`The disk was held for ${Math.round(heldMs)} ms, longer than a leader waits for a follower.`)
  }
  const installs = () => {
    behind.log.refresh()
    return behind.log.count('"snapshot installed"')
  }
  // A machine that stalls may elect another leader, and that one may have to send a snapshot of its own.
  const enough = () => 1 + expectOneLeaderPerTerm(cluster.nodes) - termsBefore
  const goal = (await statusOf(leader))?.commitIndex ?? Number.NaN
  let writing = 0
  await awaitReading({
    what: `${behind.name} to follow, or to be sent a second snapshot`,
    budget: budgets.healConvergence,
    probe: async () => {
      // The leader goes on meanwhile.
      if (writing++ < 100) await write(leader, 1)
      return { applied: (await statusOf(behind))?.appliedIndex ?? 0, installs: installs() }
    },
    until: (reading) => reading.installs > enough() || (reading.installs > 0 && reading.applied >= goal),
    open: () => behind.log.path,
  })
  run.report('snapshots installed', installs(), 'operations')
  expect(installs(), 'one snapshot is enough').toBeGreaterThan(0)
  expect(installs(), 'one snapshot is enough').toBeLessThanOrEqual(enough())
  await replicasEqual(cluster.nodes)
  expect(installs(), 'one snapshot is enough').toBeLessThanOrEqual(enough())
  expect(cut, 'the leader was cut off').toHaveFired()
  expect(heldDisk, 'the disk was held').toHaveFired()
  await readBack(run, behind, table)
  expect(run.check('losesNothing', { table, nodes: [behind.name] }), 'no acknowledged write is lost').toBeValid()
  expect(run.check('linearizable', { model: 'kv', table }), 'writes and reads have one order').toBeValid()
  expectOneLeaderPerTerm(cluster.nodes)
})

let written = 0

/** So many entries of the log, on few keys. */
async function write(node: PeerNode, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    await node.client.leaderPut(table, `k${at % 10}`, written++)
  }
}
