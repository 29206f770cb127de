/**
 * Guarantee  Searches are answered, and right, while the index takes in a sixth of itself and more.
 * Method     Batches of 500 workers are added to 2 000 (100 000 at full scale); as long as the graph lacks any of a batch, searches and
 *            readings of the graph take turns, and new workers that are looked for must be found, but for the few that a graph passes
 *            over. Idle stretches and batches take turns. In each of three windows the searches above twice the idle p99 are judged
 *            by the exact binomial: at full scale less than 1 %, in the gate less than half, because the tail of a short window is
 *            mostly the machine's.
 * Fault bit  None. Readings that show a batch in the graph in part say that searches came in between.
 * Known bad  ingest-in-one-go (a batch goes into the graph while everybody waits), searches-wait-for-ingest (searches and calls of 64 vectors
 *            take turns).
 */
import { awaitReading, type LatencySeries, latencySeries, type TimedOperation } from '@breakwater/harness'
import { sized, clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { type Worker, workers } from '../../fixtures/datasets/workers.ts'
import { vectord } from '../../fixtures/systems/vectord/system.ts'
import { budgets, ingestBudget } from '../budgets.ts'

const index = 'workers'
const dimensions = 768
const corpus = sized({ gate: 2_000, full: 100_000 })
const batch = 500
/** Full scale adds a sixth of the corpus, in each window a third of that: searches enough for their p99. */
const batchesEach = sized({ gate: 1, full: 12 })
const windows = 3
/** On a busy machine a batch is in the graph before many have searched; then more of them come. */
const [leastSearches, mostBatchesEach] = [40, 5 * batchesEach]
const idleSearches = sized({ gate: 200, full: 600 })
/** Full scale judges p99. A window of the gate holds some hundred searches, which support a median and no tail. */
const judged = sized({ gate: { quantile: 0.5, leastMs: 20 }, full: { quantile: 0.99, leastMs: 0 } })
/** Of all batches together; a clean run on two cores sees about 100. */
const leastInBetween = 6
const timeout = sized({ gate: 120_000, full: 1_800_000 })

test('VEC-10 searches are answered while vectors go into the graph', { tags: ['gate'], timeout }, async ({
  startCluster,
  run,
}) => {
  const cluster = await startCluster({ system: vectord, nodes: 1 })
  const [{ client, log }] = cluster.nodes
  const all = workers({ seed: 2, count: corpus + windows * mostBatchesEach * batch, dimensions })
  const add = async (): Promise<Worker[]> => {
    const some = Array.from({ length: batch }, () => all.next().value as Worker)
    await client.add(
      index,
      some.map(({ id, embedding, ...metadata }) => ({ id, vector: embedding, metadata })),
    )
    return some
  }
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
  const timed = async (vector: Float32Array, into: TimedOperation[]) => {
    const startedMs = performance.now()
    const hits = await client.search(index, { vector, k: 10 })
    into.push({ latencyMs: performance.now() - startedMs })
    return hits
  }
  await client.createIndex(index, dimensions)
  let known: Worker[] = []
  let count = 0
  for (; count < corpus; count += batch) known = await add()
  await inGraph(corpus)

  const idle: TimedOperation[] = []
  const busy: TimedOperation[][] = []
  let [inBetween, foundCount] = [0, 0]
  for (let window = 0; window < windows; window++) {
    for (let at = 0; at < idleSearches; at++) await timed(known[at % batch]!.embedding, idle)
    const inWindow: TimedOperation[] = []
    for (let turn = 0; turn < mostBatchesEach; turn++) {
      if (turn >= batchesEach && inWindow.length >= leastSearches) break
      known = await add()
      count += batch
      for (let at = 0, pending = batch; pending > 0; at++) {
        const wanted = known[at % batch]!
        const [best] = await timed(wanted.embedding, inWindow)
        if (best?.id === wanted.id) foundCount++
        pending = (await client.index(index)).graph.pending
        if (pending > 0 && pending < batch) inBetween++
      }
    }
    busy.push(inWindow)
    await inGraph(count)
  }
  const [idleAll] = latencySeries('searches while nothing is added', idle, 1).windows
  const series: LatencySeries = {
    what: 'searches while vectors go into the graph',
    windows: busy.flatMap((operations) => latencySeries('window', operations, 1).windows),
  }
  run.report('searches while vectors wait', busy.flat().length, 'operations')
  const foundRatio = foundCount / busy.flat().length
  run.report('of them that found what was just added', foundRatio, 'ratio')
  for (const each of [0.5, 0.99]) {
    run.report(`search p${100 * each} idle`, idleAll!.quantile(each), 'ms')
    const worst = Math.max(...series.windows.map((window) => window.quantile(each)))
    run.report(`search p${100 * each} during ingest, worst window`, worst, 'ms')
  }
  run.report('readings with a batch in the graph in part', inBetween, 'operations')
  expect(foundRatio, 'what was just added is found').toBeGreaterThanOrEqual(budgets.leastFoundOfAdded.limit)
  expect(inBetween, 'searches are answered while a batch goes into the graph').toBeGreaterThanOrEqual(leastInBetween)
  expect(series, 'ingest does not hold up searches').toMeetBudget(ingestBudget(idleAll!.quantile(0.99), judged))
})
