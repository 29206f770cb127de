/**
 * Guarantee  A daemon killed at any point of a save comes back with every acknowledged vector, once each, and the snapshot
 *            in the object store is whole at every moment.
 * Method     For each point of a save: four clients add vectors, with and without ids; the call of that point is held, cut
 *            or loses its answer; the daemon is killed then, and started again. Each add that was under way is sent again
 *            under its request id. In the end the log on disk is taken away: all must come from the object store.
 * Fault bit  Each fault of the store took effect before its kill; at least one add sent again had been done already.
 * Known bad  manifest-first (the manifest before its parts), lost-answer-doubles (an add sent again is done again).
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Inconclusive, type ObjectStoreRule, openWhen, type Random } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { atEveryStep } from '../atEveryStep.ts'
import { budgets } from '../budgets.ts'
import { AddingClients } from './addingClients.ts'
import { allSaved, type Bed, manifestOf, missingParts, observeVectors, prefix, startBed } from './stores.ts'

const index = 'kept'
const unnamed = 'unnamed'

interface Point {
  readonly at: string
  readonly rule: ObjectStoreRule
}

const points: readonly Point[] = [
  { at: 'the first part of the log', rule: held('log/') },
  { at: 'half a part of the log', rule: { ...held('log/'), effect: { type: 'cut' } } },
  { at: 'a stored part whose answer is lost', rule: { ...held('log/'), effect: { type: 'loseAnswer' } } },
  { at: 'a part of a graph', rule: held('graph/') },
  { at: 'the manifest', rule: held('manifest') },
  { at: 'a stored manifest whose answer is lost', rule: { ...held('manifest'), effect: { type: 'loseAnswer' } } },
  { at: 'the removal of what is not needed any more', rule: { ...held('graph/'), operations: ['DeleteObject'] } },
]

function held(key: string): ObjectStoreRule {
  return { effect: { type: 'timeout' }, operations: ['PutObject'], key: prefix + key, limit: 1 }
}

test('VEC-8 kills at every point of a save lose and double nothing', { tags: ['gate'] }, async ({ run, seed }) => {
  const bed = await startBed(run, { VECTORD_SAVE_PAUSE_MS: '0', VECTORD_GRAPH_SAVE_CHANGES: '20' })
  const { node, stores, store, daemons } = bed
  const random = seed.stream('vectors')
  await node.client.createIndex(index, 32)
  await node.client.createIndex(unnamed, 32)
  const slowLog = await daemons.failDisk(node, {
    operations: ['sync'],
    pathPattern: '\\.log$',
    effect: { type: 'delay', ms: 5 },
  })
  const clients = new AddingClients(node, { named: index, unnamed }, random)
  let repeated = 0
  const steps = points.map(({ at, rule }) => ({
    at,
    async lookOut() {
      const fault = await stores.failObjectStore(store, rule)
      return { made: () => fault.tookEffect(), end: () => fault.heal() }
    },
  }))
  await atEveryStep({ cluster: daemons, node: () => node, steps: () => steps }, async ({ at, during }) => {
    const adding = clients.run()
    await during(async () => {})
    expect(await missingParts(bed), 'a manifest names only parts that are there').toEqual([])
    await node.start(budgets.snapshotLoaded.limit)
    repeated += await clients.finish(adding)
    await holdsAll(bed, clients)
    run.progress(`killed at ${at}: ${clients.acknowledged} adds, ${repeated} had been done when sent again`)
  })
  repeated += await killAtRandom(bed, clients, random)
  expect(slowLog, 'the log was slow').toHaveFired()
  await holdsAll(bed, clients)
  await fromTheStoreAlone(bed, clients)
  await observeVectors(run, node, index)
  expect(run.check('losesNothing', { table: index }), 'no acknowledged vector is lost').toBeValid()
  expect(run.check('exactlyOnce', { table: index }), 'no vector is doubled').toBeValid()
  run.report('adds sent again that had been done', repeated, 'operations')
  if (repeated === 0) throw new Inconclusive('No add that was sent again had been done before: no answer was lost.')
})

async function killAndStart({ daemons, node }: Bed, beforeStart: () => Promise<void> = async () => {}): Promise<void> {
  const kill = await daemons.kill(node)
  expect(kill, 'the daemon was killed').toHaveFired()
  await beforeStart()
  await node.start(budgets.snapshotLoaded.limit)
}

/** Between two calls, in the middle of one, before the first: wherever so many acknowledgements lead. */
async function killAtRandom(bed: Bed, clients: AddingClients, random: Random): Promise<number> {
  let repeated = 0
  for (let round = 0; round < 3; round++) {
    const adding = clients.run()
    await openWhen(clients.acknowledgedMore(random.integer(5, 60)), () => killAndStart(bed))
    repeated += await clients.finish(adding)
    expect(await missingParts(bed), 'a manifest names only parts that are there').toEqual([])
  }
  return repeated
}

async function holdsAll({ node }: Bed, clients: AddingClients): Promise<void> {
  expect((await node.client.index(index)).count, 'every acknowledged vector is there').toBe(clients.acknowledgedNamed)
  const { count } = await node.client.index(unnamed)
  expect(count, 'every acknowledged vector is there').toBeGreaterThanOrEqual(clients.acknowledgedUnnamed)
  expect(count, 'no add that was sent again is doubled').toBe(clients.acknowledgedUnnamed)
}

/** What the daemon's disk holds is gone: the object store has it all. */
async function fromTheStoreAlone(bed: Bed, clients: AddingClients): Promise<void> {
  const { node } = bed
  await allSaved(bed)
  const before = await node.client.status()
  await killAndStart(bed, () => rm(join(node.plan.dataFolder, 'log'), { recursive: true }))
  await holdsAll(bed, clients)
  const after = await node.client.status()
  const kept = ({ indexes }: typeof after) => indexes.map(({ name, count, digest }) => ({ name, count, digest }))
  expect(kept(after), 'the object store alone gives back the same vectors').toEqual(kept(before))
  expect(after.operations, 'no operation came from the disk').toBe((await manifestOf(bed))?.seq)
}
