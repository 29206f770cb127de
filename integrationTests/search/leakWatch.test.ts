/**
 * Guarantee  Saves, searches, and indexes that come and go leave no file or socket open and no memory held, and the cache keeps its bound.
 * Method     After a warm-up, 40 rounds: an index is made, filled, saved with its graph, searched by texts that nobody asked before, and
 *            dropped. Handles, sockets among them, are read from outside before the rounds and when all is over; what a forced collection
 *            leaves of the memory is read after every fourth round, and a round may add less to it than the vectors of its index take. At
 *            full scale there are 1 200 rounds, read one by one, and the trends of handles and memory, with what chance leaves open, must
 *            be flat. Memory outside the heap and its buffers, such as the graphs', is only told.
 * Fault bit  None. Every round saved a graph, and the cache was asked for far more texts than it may hold.
 * Known bad  handle-leak (the file of a saved graph stays open), dropped-index-kept (an index that is gone stays in memory),
 *            unbounded-cache (the cache has no bound).
 */
import {
  awaitReading,
  Inconclusive,
  judgeHandles,
  judgeMemory,
  type NodeReading,
  nowMs,
  readUse,
} from '@breakwater/harness'
import { sized, clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { budgets } from '../budgets.ts'
import { type SearchBed, startSearchBed } from './searchBed.ts'
import { allSaved, manifestOf } from './stores.ts'
import { drawVector } from './vectors.ts'

const dimensions = 256
const isFull = sized({ gate: false, full: true })
const rounds = sized({ gate: 40, full: 1_200 })
const timeout = sized({ gate: 420_000, full: 2_400_000 })
/** At full scale: what V8 compiles and what pools open in the first rounds is no leak. */
const warmUpMs = 60_000
/** Rounds. */
const readEvery = sized({ gate: 4, full: 1 })
const vectorsEach = 60
const textsEach = 50
const cacheEntries = 100

test('VEC-12 nothing leaks over rounds of saves and searches', { tags: ['gate'], timeout }, async ({ run, seed }) => {
  const settings = {
    VECTORD_EMBED_CACHE_ENTRIES: String(cacheEntries),
    VECTORD_GRAPH_SAVE_CHANGES: '30',
    VECTORD_SAVE_PAUSE_MS: '0',
  }
  const bed = await startSearchBed(run, settings, dimensions)
  await bed.embedder.client.setLatency({ leastMs: 0, mostMs: 0 })
  const random = seed.stream('vectors')
  const round = async (number: number) => {
    const { client } = bed.node
    const index = `round-${number}`
    await client.createIndex(index, dimensions)
    await client.add(
      index,
      Array.from({ length: vectorsEach }, () => ({ vector: drawVector(random, dimensions) })),
    )
    await graphSaved(bed, index)
    const texts = Array.from({ length: textsEach }, (_, at) => `round ${number} text ${at}`)
    await Promise.all(texts.map((query) => client.search(index, { query, k: 3 })))
    await client.dropIndex(index)
    await allSaved(bed)
  }
  for (let number = 0; number < 5; number++) await round(number)
  // So many at once that every pool of connections is full: from here on there is nothing left to open.
  const last = 'warm-up'
  await bed.node.client.createIndex(last, dimensions)
  const texts = Array.from({ length: 400 }, (_, at) => `warm-up ${at}`)
  await Promise.all(texts.map((query) => bed.node.client.search(last, { query })))
  const before = reading(bed)
  const beganAtMs = nowMs()
  const uses: NodeReading[] = []
  for (let number = 5; number < 5 + rounds; number++) {
    await round(number)
    const use = number % readEvery === 0 ? await readUse(bed.node, beganAtMs) : undefined
    if (use) uses.push(use)
    if (number % 100 === 0) run.progress(`${number} rounds`)
  }

  await awaitReading({
    what: 'every file and socket of the rounds to be closed',
    budget: budgets.healConvergence,
    probe: () => reading(bed),
    until: ({ handleCount }) => handleCount <= before.handleCount + budgets.leakedHandles.limit,
    describe: ({ handleCount, socketCount }) =>
      `${handleCount} handles, ${socketCount} of them sockets (before the rounds ${before.handleCount}, ${before.socketCount})`,
    open: () => bed.node.log.path,
  })
  const after = reading(bed)
  const figures = await bed.node.client.figures()
  const [size, misses, evictions] = ['size', 'misses_total', 'evictions_total'].map(
    (name) => figures.get(`vectord_query_cache_${name}`) ?? Number.NaN,
  )
  if (!(misses! > 10 * cacheEntries)) throw new Inconclusive(`The cache was asked for ${misses} texts only.`)
  expect(size, 'the cache holds no more than it may').toBe(cacheEntries)
  expect(evictions, 'the cache tells what it dropped').toBe(misses! - cacheEntries)
  run.report('handles more', after.handleCount - before.handleCount, 'sockets', budgets.leakedHandles.limit)
  for (const verdict of isFull ? [...judgeMemory(uses, warmUpMs), judgeHandles(uses, warmUpMs)] : []) {
    run.progress(`${verdict.checker}: ${verdict.found}`)
    expect(verdict, verdict.claim).toBeValid()
  }
  const keptMore = keptPerRound(uses)
  run.report('memory kept more, each round', keptMore, 'bytes', budgets.keptPerRound.limit)
  run.report('private memory more', after.rssAnonBytes - before.rssAnonBytes, 'bytes')
  expect(keptMore, 'nothing of an index that was dropped stays in memory').toMeetBudget(budgets.keptPerRound)
})

function reading({ node }: SearchBed) {
  const read = node.life.reading()
  if (!read) throw new Inconclusive(`${node.name} cannot be read from outside.`)
  return read
}

/** From the median of the first third of the readings to that of the last: what is under way during one of them counts little. */
function keptPerRound(uses: readonly NodeReading[]): number {
  const kept = uses.flatMap(({ retainedBytes }) => retainedBytes ?? [])
  const third = Math.floor(kept.length / 3)
  if (third === 0) throw new Inconclusive(`Only ${kept.length} times was it told what the daemon keeps in memory.`)
  const medianOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(third / 2)] ?? Number.NaN
  const more = medianOf(kept.slice(-third)) - medianOf(kept.slice(0, third))
  return more / ((kept.length - third) * readEvery)
}

/** The graph of this very index is in the object store. */
async function graphSaved(bed: SearchBed, index: string): Promise<void> {
  await awaitReading({
    what: `the graph of ${index} to be saved`,
    budget: budgets.savedAfterHeal,
    probe: async () => {
      // Another write, so that there is something to save once the graph is in step.
      await bed.node.client.upsert(index, [{ id: 'last', vector: new Float32Array(dimensions).fill(1) }])
      return manifestOf(bed)
    },
    until: (manifest) => manifest?.graphs.some((graph) => graph.index === index) === true,
    describe: (manifest) => manifest?.graphs.map((graph) => graph.index).join() ?? 'no manifest',
    everyMs: 10,
    open: () => bed.node.log.path,
  })
}
