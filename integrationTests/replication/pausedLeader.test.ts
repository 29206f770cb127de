/**
 * Guarantee  A leader that was paused and resumed serves no read from the time before its pause.
 * Method     Three times: write keys through the leader, pause it and keep from it what the others say, let them elect
 *            another one and overwrite the keys, send reads to the paused node, which wait in its sockets, resume it, and
 *            let the others' words through once it has gone on. What it answers is in the history.
 * Fault bit  Each pause is counted; the reads began before the node went on and ended afterwards, and the overwriting was
 *            acknowledged before they began.
 * Known bad  stale-after-pause (a leader that takes itself for one serves reads without asking a majority).
 */

import { Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { peerWith } from '../../fixtures/systems/peer/system.ts'
import { agreedLeader, expectOneLeaderPerTerm, oneShard, statusOf } from './leaderShard.ts'

const table = 'paused'
const rounds = 3
const keys = Array.from({ length: 12 }, (_, at) => `k${at}`)

test('REPL-2c a leader that was paused serves no stale read when it goes on', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: peerWith({ shards: oneShard }), nodes: 3 })
  let answeredLate = 0
  for (let round = 0; round < rounds; round++) {
    const leader = await agreedLeader(cluster.nodes)
    const others = cluster.nodes.filter((node) => node !== leader)
    for (const key of keys) await leader.client.leaderPut(table, key, `before ${round}`)
    const pause = await cluster.pause(leader)
    const cut = await cluster.isolate(leader)
    const next = await agreedLeader(others)
    for (const key of keys) await next.client.leaderPut(table, key, `meanwhile ${round}`)
    const reads = keys.map((key) => leader.client.leaderGet(table, key).catch(() => undefined))
    // By then the reads have left this process and wait for the paused one.
    for (const node of others) await statusOf(node)
    await pause.heal()
    // It goes on, and has not heard yet that another one leads.
    await statusOf(leader)
    await cut.heal()
    await Promise.all(reads)
    expect(pause, 'the leader was paused').toHaveFired()
    const { healedAtMs = Number.NaN } = pause
    answeredLate += run.history.operations.filter(
      (each) =>
        each.node === leader.name &&
        each.kind === 'read' &&
        each.outcome === 'ok' &&
        each.startedAtMs < healedAtMs &&
        each.endedAtMs > healedAtMs,
    ).length
  }
  run.report('reads that waited for a paused node', answeredLate, 'operations')
  if (answeredLate < keys.length) throw new Inconclusive(`Only ${answeredLate} reads were answered by a resumed node.`)
  expect(run.check('linearizable', { model: 'kv', table }), 'no read is stale').toBeValid()
  expect(run.check('staleness', { table, withinMs: 1 }), 'no read is behind').toBeValid()
  expectOneLeaderPerTerm(cluster.nodes)
})
