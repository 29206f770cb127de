/**
 * Guarantee  An index of 0 to 40 vectors answers, finds and keeps everything while vectors are added, deleted and added again.
 * Method     For every size from 0 to 40: four clients empty the index, fill it to that size with other vectors and search
 *            it meanwhile; then it is counted, and ten queries are compared with a look at all vectors.
 * Fault bit  None is opened: emptying and filling is the trouble. Above 32 vectors the graph answers, and its size is read.
 * Known bad  index-empty-after-delete (the way into the graph is lost with its last vector).
 */
import { awaitReading, type GuardRun, type Node, type Random } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { VectordCallError, type VectordClient } from '../../fixtures/systems/vectord/client.ts'
import { vectord } from '../../fixtures/systems/vectord/system.ts'
import { budgets } from '../budgets.ts'
import { observeVectors } from './stores.ts'
import { drawVector, nearest, recall } from './vectors.ts'

const index = 'small'
const dimensions = 48
const largest = 40
const clients = 4
const queriesEach = 10
const k = 10

test('VEC-7 an index of 0 to 40 vectors loses nothing under churn', { tags: ['gate'] }, async ({
  startCluster,
  run,
  seed,
}) => {
  const cluster = await startCluster({ system: vectord, nodes: 1 })
  const [node] = cluster.nodes
  const random = seed.stream('vectors')
  const serverErrors: string[] = []
  const held = new Map<string, Float32Array>()
  await node.client.createIndex(index, dimensions)

  let worstRecall = 1
  let answeredByGraph = 0
  for (let size = 0; size <= largest; size++) {
    const wanted = new Map(Array.from({ length: size }, (_, at) => [`v${at}`, drawVector(random, dimensions)]))
    await churn(node, held, wanted, random, serverErrors)
    expect(serverErrors, 'no request is answered with a 5xx').toEqual([])
    held.clear()
    for (const [id, vector] of wanted) held.set(id, vector)
    const { graph } = await inStep(node, size)
    if (size >= 32 && graph.usable) answeredByGraph += queriesEach
    for (let at = 0; at < queriesEach; at++) {
      const vector = drawVector(random, dimensions)
      const found = (await node.client.search(index, { vector, k })).map(({ id }) => id)
      worstRecall = Math.min(worstRecall, recall(found, nearest(held, vector, k)))
    }
  }
  run.report('recall@10, worst query', worstRecall, 'ratio')
  run.report('queries answered by the graph', answeredByGraph, 'operations')
  expect(worstRecall, 'every query finds the true nearest').toBe(1)
  expect(answeredByGraph, 'the graph was in use above 32 vectors').toBeGreaterThan(0)
  await findsDuringRebuild(node, held, random)
  await observeAll(run, node)
})

/** Four clients at once, each with ids of its own: delete, add, search; every other id is added, deleted and added again. */
async function churn(
  node: Node<VectordClient>,
  held: ReadonlyMap<string, Float32Array>,
  wanted: ReadonlyMap<string, Float32Array>,
  random: Random,
  serverErrors: string[],
): Promise<void> {
  const query = drawVector(random, dimensions)
  const search = () => told(node.client.search(index, { vector: query, k }), serverErrors)
  const ofClient = (ids: readonly string[], client: number) => ids.filter((_, at) => at % clients === client)
  const work = async (client: number, each: (id: string) => Promise<unknown>, ids: readonly string[]) => {
    for (const id of ofClient(ids, client)) {
      await told(each(id), serverErrors)
      await search()
    }
  }
  const everybody = (each: (id: string) => Promise<unknown>, ids: readonly string[]) =>
    Promise.all(Array.from({ length: clients }, (_, client) => work(client, each, ids)))
  const add = (id: string) => node.client.add(index, [{ id, vector: wanted.get(id)!, metadata: { id } }])
  const remove = (id: string) => node.client.remove(index, [id])

  await everybody(remove, [...held.keys()])
  await search()
  await everybody(add, [...wanted.keys()])
  await everybody(
    async (id) => {
      await remove(id)
      await add(id)
    },
    [...wanted.keys()].filter((_, at) => at % 2 === 0),
  )
}

/** A refused call is an error of the guard; a 5xx, or no answer, is what it looks for. */
async function told(call: Promise<unknown>, serverErrors: string[]): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof VectordCallError) || (error.status !== undefined && error.status < 500)) throw error
    serverErrors.push(error.message)
  })
}

/** The exact count at once, and the graph soon. */
async function inStep(node: Node<VectordClient>, size: number) {
  const status = await node.client.index(index)
  expect(status.count, 'the index holds exactly what was added and not deleted').toBe(size)
  return awaitReading({
    what: `the graph to hold ${size} vectors`,
    budget: budgets.graphInStep,
    probe: () => node.client.index(index),
    until: ({ graph }) => graph.size === size && graph.pending === 0,
    describe: ({ graph }) => JSON.stringify(graph),
    open: () => node.log.path,
  })
}

/** While the graph is made anew every vector is looked at: nothing is missed. */
async function findsDuringRebuild(
  node: Node<VectordClient>,
  held: ReadonlyMap<string, Float32Array>,
  random: Random,
): Promise<void> {
  const vector = drawVector(random, dimensions)
  const truth = nearest(held, vector, k)
  const [, ...answers] = await Promise.all([
    node.client.rebuild(index),
    ...Array.from({ length: 20 }, () => node.client.search(index, { vector, k })),
  ])
  for (const answer of answers)
    expect(
      answer.map(({ id }) => id),
      'a rebuild hides nothing',
    ).toEqual(truth)
  const { graph } = await inStep(node, held.size)
  expect(graph.rebuilds, 'the graph was made anew once').toBe(1)
}

async function observeAll(run: GuardRun, node: Node<VectordClient>): Promise<void> {
  await observeVectors(run, node, index)
  expect(run.check('losesNothing', { table: index }), 'no acknowledged vector is lost').toBeValid()
  expect(run.check('exactlyOnce', { table: index }), 'no vector is doubled').toBeValid()
}
