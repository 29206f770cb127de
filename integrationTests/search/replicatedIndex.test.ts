/**
 * Guarantee  An index on three nodes loses nothing acknowledged and doubles nothing when its leader is cut off and then
 *            killed; every node answers searches, and once all is healed the same ones alike.
 * Method     A client for each node adds, writes over and deletes, and sends again what is not answered, through the next
 *            node. Cut the leader off; heal. Kill the leader; start it. Let one node hear of writes late, and search it for
 *            each at once. Then compare digests, contents and top k.
 *            13b: a node is away until the log no longer reaches back to it, so that it is given a snapshot; adds of
 *            before are sent again then, and all nodes are started anew; the first of them is asked while it is alone.
 * Fault bit  The cut refuses bytes and the kill is seen in an exit record; writes were sent again, and one of each kind of
 *            fault met a leader; the slow line delayed chunks, and searches behind it were answered. 13b: the log of the node says that it installed a snapshot.
 * Known bad  unknown-taken-for-done (a write whose outcome is unknown is told to be done), ids-drawn-when-applied (each
 *            node gives ids of its own), read-index-not-awaited (a linearizable search does not wait for what it must
 *            see); 13b: image-without-requests (a snapshot forgets which requests were done),
 *            replica-answers-too-early (a member answers from its copy before it knows what that lacks).
 */
import { awaitReading, Inconclusive, type Random } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import type { VectordCallError } from '../../fixtures/systems/vectord/client.ts'
import { vectordWith } from '../../fixtures/systems/vectord/system.ts'
import { budgets } from '../budgets.ts'
import { expectOneLeaderPerTerm } from '../leaders.ts'
import { ReplicaClients } from './replicaClients.ts'
import { compareTopK, leaderOf, members, observeAll, replicaOf, replicasEqual, type VectorNode } from './replicas.ts'
import { drawVector } from './vectors.ts'

const named = 'named'
const unnamed = 'unnamed'
const dimensions = 32
const k = 10
/** Far below an election timeout, far above what a search takes. */
const lateByMs = 100
const lateWrites = 5

test('VEC-13 an index on three nodes survives the cut and the kill of its leader, equal on each node', {
  tags: ['gate'],
}, async ({ startCluster, run, seed }) => {
  const env = { VECTORD_ROUTE_TIMEOUT_MS: '1500' }
  const cluster = await startCluster({ system: vectordWith({ members, env }), nodes: 3 })
  const { nodes } = cluster
  const random = seed.stream('vectors')
  const { shard = '' } = await nodes[0].client.createIndex(named, dimensions)
  await nodes[1].client.createIndex(unnamed, dimensions)
  const clients = new ReplicaClients(nodes, { named, unnamed }, random, dimensions)
  try {
    await clients.acknowledge(120)
    const cutOff = await leaderOf(nodes, shard)
    const others = nodes.filter((node) => node !== cutOff)
    const cut = await cluster.isolate(cutOff, { how: 'drop' })
    await cut.tookEffect()
    // It leads still, as far as it knows.
    const acknowledgesNothing = expectNoAcknowledgement(cutOff)
    await leaderOf(others, shard)
    await clients.acknowledge(120)
    await stillSearches(cutOff)
    await acknowledgesNothing
    await cut.heal()
    expect(cut, 'the leader was cut off').toHaveFired()
    run.progress(`${cutOff.name} was cut off; ${clients.sentAgain} writes sent again`)

    const killed = await leaderOf(nodes, shard)
    await clients.acknowledge(60)
    const kill = await cluster.kill(killed)
    await clients.acknowledge(120)
    await kill.heal()
    expect(kill, 'the leader was killed').toHaveFired()
    await cluster.connected(budgets.healConvergence)
    await clients.acknowledge(60)
  } finally {
    await clients.stop()
  }
  run.report('writes sent again', clients.sentAgain, 'operations')
  if (clients.sentAgain === 0) throw new Inconclusive('No write had to be sent again, so no retry was put to the test.')
  const leader = await leaderOf(nodes, shard)
  const late = nodes.find((node) => node !== leader) as VectorNode
  const slow = await cluster.slow(leader, late, { delayMs: lateByMs, oneWay: true })
  const searched = clients.freshSearches
  for (let at = 0; at < lateWrites; at++) {
    const vector = drawVector(random, dimensions)
    await leader.client.upsert(named, [{ id: `late-${at}`, vector }])
    await clients.findThrough(late, `late-${at}`, vector)
  }
  await slow.heal()
  expect(slow, 'the news of writes came late').toHaveFired()
  run.report('linearizable searches', clients.freshSearches, 'operations')
  if (clients.freshSearches === searched) throw new Inconclusive(`${late.name} answered no linearizable search.`)
  expect(clients.stale, 'a linearizable search finds every write acknowledged before it').toEqual([])

  for (const { name } of (await nodes[0].client.cluster()).shards) await replicasEqual(nodes, name)
  await cluster.converged(budgets.healConvergence)
  for (const { client } of nodes) {
    const { count } = await client.index(unnamed)
    expect(count, 'no add that was sent again is doubled, and none is lost').toBe(clients.unnamed.length)
  }
  await observeAll(run, nodes, named)
  expect(run.check('losesNothing', { table: named }), 'no acknowledged vector is lost').toBeValid()
  expect(run.check('neverResurrects', { table: named }), 'no deleted vector comes back').toBeValid()
  expect(run.check('exactlyOnce', { table: named }), 'no vector is doubled').toBeValid()
  const recall = await compareTopK(nodes, named, random, { queries: 20, dimensions, k })
  run.report('recall@10 of the graphs, least of a node', recall, 'ratio')
  expect(recall, 'every graph finds nearly all of the true nearest').toBeGreaterThanOrEqual(budgets.leastRecall.limit)
  run.report('terms', expectOneLeaderPerTerm(nodes, shard), 'terms')
})

/** From its own copy, as old as that is. */
async function stillSearches(node: VectorNode): Promise<void> {
  const vector = Float32Array.from({ length: dimensions }, (_, at) => at + 1)
  const found = await node.client.search(named, { vector, k, exact: true })
  expect(found.length, 'a node that is cut off answers searches').toBe(k)
}

async function expectNoAcknowledgement(node: VectorNode): Promise<void> {
  const vector = Float32Array.from({ length: dimensions }, (_, at) => at + 1)
  const writes = Array.from({ length: 5 }, (_, at) => node.client.upsert(named, [{ id: `cut-off-${at}`, vector }]))
  const answers = await Promise.allSettled(writes)
  const acknowledged = answers.filter(({ status }) => status === 'fulfilled').length
  expect(acknowledged, 'a node that is cut off acknowledges nothing').toBe(0)
}

const entriesPerSnapshot = 40
const adds = 3 * entriesPerSnapshot
const imageDimensions = 256

test('VEC-13b a node that was away too long is given a snapshot of vectors, playbooks and requests', {
  tags: ['gate'],
}, async ({ startCluster, run, seed }) => {
  const env = { VECTORD_SNAPSHOT_ENTRIES: String(entriesPerSnapshot), VECTORD_SHARDS: '1' }
  const cluster = await startCluster({ system: vectordWith({ members, env }), nodes: 3 })
  const { nodes } = cluster
  const random = seed.stream('vectors')
  const { shard = '' } = await nodes[0].client.createIndex(named, imageDimensions)
  await nodes[0].client.createIndex(unnamed, imageDimensions)
  const leader = await leaderOf(nodes, shard)
  const behind = nodes.find((node) => node !== leader) as VectorNode
  const kill = await cluster.kill(behind)
  const sent = Array.from({ length: adds }, (_, at) => ({
    request: `r${at}`,
    vector: drawVector(random, imageDimensions),
  }))
  const ids: string[][] = []
  for (const [at, { request, vector }] of sent.entries()) {
    ids.push(await leader.client.add(unnamed, [{ vector }], request))
    await leader.client.upsert(named, [{ id: `v${at % 50}`, vector, metadata: { at, city: `city ${at % 7}` } }])
  }
  await leader.client.remove(named, ['v0', 'v1'])
  const playbook = { query: 'the first', vector: sent[0]!.vector, chosenIds: ['v7'], outcome: 'ok' as const }
  await leader.client.recordPlaybook(named, playbook)
  const { firstIndex = 0 } = (await replicaOf(leader.client, shard)) ?? {}
  if (firstIndex <= 2) throw new Inconclusive(`The log of ${leader.name} still reaches back to ${firstIndex}.`)
  await kill.heal()
  expect(kill, 'a node was away').toHaveFired()
  await cluster.connected(budgets.healConvergence)
  await awaitReading({
    what: `${behind.name} to install a snapshot`,
    budget: budgets.healConvergence,
    probe: () => {
      behind.log.refresh()
      return behind.log.count('"snapshot installed"')
    },
    until: (installs) => installs > 0,
    open: () => behind.log.path,
  })
  await replicasEqual(nodes, shard)

  await sendAgain(nodes)
  const last = await writeBehindSnapshot(nodes[0], shard, random)
  await replicasEqual(nodes, shard)
  for (const node of nodes) await cluster.kill(node)
  for (const node of nodes) {
    await node.start()
    if (node === nodes[0]) await showsAllOrNothing(node, last)
  }
  await cluster.connected(budgets.healConvergence)
  // A member that came back refuses writes until a leader has told it what its copy lacks.
  await replicasEqual(nodes, shard)
  await sendAgain(nodes)
  await replicasEqual(nodes, shard)
  for (const { client } of nodes) {
    expect((await client.index(unnamed)).count, 'no add that was sent again is doubled').toBe(adds)
    const [first] = await client.search(named, { vector: sent[0]!.vector, k, usePlaybook: true })
    expect(first?.provenance, 'every node follows the playbook').toBeDefined()
  }
  await observeAll(run, nodes, named)
  expect(run.check('losesNothing', { table: named }), 'no acknowledged vector is lost').toBeValid()
  expect(run.check('neverResurrects', { table: named }), 'no deleted vector comes back').toBeValid()
  await compareTopK(nodes, named, random, { queries: 10, dimensions: imageDimensions, k })
  run.report('terms', expectOneLeaderPerTerm(nodes, shard), 'terms')

  /** Every tenth add, through each node in turn. */
  async function sendAgain(through: readonly VectorNode[]): Promise<void> {
    for (let at = 0; at < adds; at += 10) {
      const node = through[(at / 10) % through.length] as VectorNode
      const { request, vector } = sent[at]!
      const again = await node.client.add(unnamed, [{ vector }], request)
      expect(again, 'a retry is answered as the first time').toEqual(ids[at])
    }
  }
})

/** Writes one vector until the log holds it behind the snapshot, where a node finds it again only if it is told that it was committed. */
async function writeBehindSnapshot(node: VectorNode, shard: string, random: Random): Promise<Float32Array> {
  const vector = drawVector(random, imageDimensions)
  for (let at = 0; at < 10; at++) {
    await node.client.upsert(named, [{ id: 'last', vector }])
    const { firstIndex = 0, lastIndex = 0 } = (await replicaOf(node.client, shard)) ?? {}
    if (at > 0 && lastIndex - firstIndex >= 2) return vector
  }
  throw new Inconclusive(`The log of ${node.name} holds nothing behind its snapshot.`)
}

/** It is alone so far: nobody can have told it what was committed. */
async function showsAllOrNothing(node: VectorNode, vector: Float32Array): Promise<void> {
  const answer = await node.client.search(named, { vector, k: 1, exact: true }).then(
    ([hit]) => hit?.id ?? 'nothing',
    (error: VectordCallError) => error.status,
  )
  expect([503, 'last'], 'a node that came back shows what it showed before, or nothing').toContain(answer)
}
