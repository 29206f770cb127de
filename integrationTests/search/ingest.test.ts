/**
 * Guarantee  Searches are answered, and right, while the index takes in a tenth of itself and more.
 * Method     Batches of 500 workers are added to 2 000; as long as the graph lacks any of a batch, searches and readings of the graph
 *            take turns, and each new worker that is looked for must be found.
 * Fault bit  None. Readings that show a batch in the graph in part say that searches came in between.
 * Known bad  ingest-in-one-go (a batch goes into the graph while everybody waits).
 */
import { awaitReading } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { type Worker, workers } from '../../fixtures/datasets/workers.ts'
import { vectord } from '../../fixtures/systems/vectord/system.ts'
import { budgets } from '../budgets.ts'

const index = 'workers'
const dimensions = 768
const corpus = 2_000
const batch = 500
const batches = 3
const idleSearches = 200
/** Of all batches together; a clean run on two cores sees about 100. */
const leastInBetween = 6

test('VEC-10 searches are answered while vectors go into the graph', { tags: ['gate'] }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: vectord, nodes: 1 })
  const [{ client, log }] = cluster.nodes
  const all = [...workers({ seed: 2, count: corpus + batches * batch, dimensions })]
  const add = (some: readonly Worker[]) =>
    client.add(
      index,
      some.map(({ id, embedding, ...metadata }) => ({ id, vector: embedding, metadata })),
    )
  const inGraph = async (count: number) => {
    await awaitReading({
      what: `${count} vectors in the graph`,
      budget: budgets.graphMade,
      probe: async () => (await client.index(index)).graph,
      until: ({ size, pending }) => size === count && pending === 0,
      describe: (graph) => JSON.stringify(graph),
      open: () => log.path,
    })
  }
  const timed = async (vector: Float32Array, latencies: number[]) => {
    const startedMs = performance.now()
    const hits = await client.search(index, { vector, k: 10 })
    latencies.push(performance.now() - startedMs)
    return hits
  }
  await client.createIndex(index, dimensions)
  for (let at = 0; at < corpus; at += batch) await add(all.slice(at, at + batch))
  await inGraph(corpus)

  const idle: number[] = []
  for (let at = 0; at < idleSearches; at++) await timed(all[at]!.embedding, idle)
  const busy: number[] = []
  let inBetween = 0
  for (let at = corpus; at < all.length; at += batch) {
    const added = all.slice(at, at + batch)
    await add(added)
    for (let turn = 0, pending = batch; pending > 0; turn++) {
      const wanted = added[turn % batch]!
      const [best] = await timed(wanted.embedding, busy)
      expect(best?.id, 'what was just added is found').toBe(wanted.id)
      pending = (await client.index(index)).graph.pending
      if (pending > 0 && pending < batch) inBetween++
    }
  }
  await inGraph(all.length)
  run.report('searches while vectors wait', busy.length, 'operations')
  run.report('search p99 idle', quantile(idle, 0.99), 'ms')
  run.report('search p99 during ingest', quantile(busy, 0.99), 'ms')
  run.report('readings with a batch in the graph in part', inBetween, 'operations')
  expect(inBetween, 'searches are answered while a batch goes into the graph').toBeGreaterThanOrEqual(leastInBetween)
})

function quantile(values: readonly number[], ratio: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(ratio * sorted.length))] ?? Number.NaN
}
