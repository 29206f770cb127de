/**
 * Guarantee  A link that breaks again and again costs its two nodes a bounded number of sockets and timers, and bounded memory, and
 *            carries data again each time.
 * Method     Five nodes; one link is reset 200 times while rows are written; then a row is written on either end and
 *            awaited on the other; count sockets from outside, and through the preload timers, and what the two keep in memory
 *            once their garbage is collected, from the 41st reset on: by then what a first connection needs is there.
 * Fault bit  Each reset counts the connections it reset, and comes only once the link has carried bytes again.
 * Known bad  synced-but-silent (connected again, but nothing flows), reconnect-leak (what served a lost connection goes on
 *            listening to the log), silence-watch-kept (a timer outlives its connection); idle-socket-never-retried for
 *            the silent socket (PEER-10b), silence-by-wall-clock (PEER-10d).
 */

import { awaitReading, type BreakableCluster, type Node } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import type { PeerClient } from '../../fixtures/systems/peer/client.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const resets = 200
const warmUpResets = 40
/** A heartbeat ends the back-off of a new connection; a quick one on both ends of the link makes the storm denser. */
const quick = { PEER_HEARTBEAT_MS: '10', PEER_PEER_TIMEOUT_MS: '2000' }

/** Timers and intervals that are set in the node. */
async function timersOf(node: Node): Promise<number> {
  return (await node.control.activeResources()).Timeout ?? 0
}

test('PEER-10 a link reset 200 times leaks neither sockets nor timers nor memory', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 5, envOf: { n1: quick, n2: quick } })
  const [a, b] = cluster.nodes
  const socketsBefore = [a, b].map((node) => node.life.reading()?.socketCount ?? 0)
  const timersBefore = await Promise.all([a, b].map(timersOf))
  expect(Math.min(...timersBefore), 'timers are seen: each connection has some').toBeGreaterThan(0)
  let keptBefore: number[] = []
  const written = rows(resets)
  let connectionsReset = 0
  const carriesTraffic = () => cluster.link(a, b).bytesPassed
  for (let at = 0; at < resets; at++) {
    if (at === warmUpResets) keptBefore = await Promise.all([a, b].map((node) => node.control.retainedBytes()))
    const before = carriesTraffic()
    await awaitReading({
      what: `${a.name} and ${b.name} to talk again after reset ${at}`,
      budget: budgets.healConvergence,
      probe: () => carriesTraffic() - before,
      until: (bytes) => bytes > 1_000, // both connections are up and have exchanged heartbeats
      everyMs: 2,
      open: () => a.log.path,
    })
    const reset = await cluster.reset(a, b)
    await reset.tookEffect()
    await reset.heal()
    connectionsReset += reset.effects()
    const row = written[at]
    if (row) await (at % 2 === 0 ? a : b).client.put('rows', row.key, row.value)
  }
  run.report('connections reset', connectionsReset, 'sockets')
  await cluster.connected(budgets.healConvergence)
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    await from.client.put('rows', `after-the-storm-${from.name}`, from.name)
    await awaitReading({
      what: `a row written after the storm to get from ${from.name} to ${to.name}`,
      budget: budgets.healConvergence,
      probe: () => to.client.get('rows', `after-the-storm-${from.name}`),
      until: (value) => value === from.name,
      open: () => to.log.path,
    })
  }
  await cluster.converged(budgets.healConvergence)
  for (const [at, node] of [a, b].entries()) {
    const most = (socketsBefore[at] ?? 0) + budgets.stormSockets.limit
    await awaitReading({
      what: `${node.name} to close what the storm left`,
      budget: budgets.healConvergence,
      probe: () => node.life.reading()?.socketCount ?? Number.NaN,
      until: (sockets) => sockets <= most,
      open: () => node.log.path,
    })
    const mostTimers = (timersBefore[at] ?? Number.NaN) + budgets.stormTimers.limit
    const timers = await awaitReading({
      what: `${node.name} to be left with the timers it had before the storm`,
      budget: budgets.healConvergence,
      probe: () => timersOf(node),
      until: (count) => count <= mostTimers,
      open: () => node.log.path,
    })
    run.report(
      `${node.name} has more timers`,
      timers - (timersBefore[at] ?? Number.NaN),
      'operations',
      budgets.stormTimers.limit,
    )
    const grown = (await node.control.retainedBytes()) - (keptBefore[at] ?? Number.NaN)
    run.report(`${node.name} keeps more`, grown, 'bytes', budgets.stormMemory.limit)
    expect(grown, 'memory stays bounded').toMeetBudget(budgets.stormMemory)
  }
  await observeRows(run, cluster.nodes, 'rows')
  expect(run.check('losesNothing', { table: 'rows' }), 'no acknowledged row is lost').toBeValid()
})

test('PEER-10b a connection that fell silent is replaced', { tags: ['gate'] }, async ({ startCluster }) => {
  await replacesSilentConnection(await startCluster({ system: peer, nodes: 2 }))
})

test('PEER-10d a connection that fell silent is replaced although the clocks stand still', { tags: ['gate'] }, async ({
  startCluster,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const stills = await Promise.all(cluster.nodes.map((node) => cluster.skewClock(node, { standsStill: true })))
  await replacesSilentConnection(cluster)
  for (const still of stills) await still.tookEffect()
})

async function replacesSilentConnection(cluster: BreakableCluster<PeerClient, 2>): Promise<void> {
  const [a, b] = cluster.nodes
  await using silence = await cluster.silence(a, b)
  await a.client.insert('rows', rows(50, { prefix: a.name }))
  await b.client.insert('rows', rows(50, { prefix: b.name }))
  await silence.tookEffect()
  for (const node of cluster.nodes) {
    await awaitReading({
      what: `${node.name} to replace its silent connection and hold the rows`,
      budget: budgets.silentReplaced,
      probe: () => node.client.count('rows'),
      until: (count) => count === 100,
      open: () => node.log.path,
    })
  }
  expect(silence.healedAtMs, 'the silence still lasted').toBeUndefined()
  await cluster.connected(budgets.healConvergence)
}
