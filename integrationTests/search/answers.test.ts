/**
 * Guarantee  An answer shows what a look at all vectors shows: the best of those that are wanted, each with its cosine and what was
 *            written last under its id. Only playbooks that worked are followed, and each text is searched for as itself.
 * Method     Vectors of lengths from a thousandth to a thousand are added, written over, removed, added again under their ids, and
 *            searched for with rare filters and excluded ids, by the graph and by a look at all; the index is dropped and made again;
 *            the daemon is killed and started. Playbooks: failed ones nearer than the one that worked. Texts: alike in their first
 *            and their last 120 characters, more of them than the cache may hold, and older than they may be.
 * Fault bit  The kill. All else is compared with a model of what was written; the provider counts what it was asked.
 * Known bad  filter-after-top-k, vector-not-normalised, old-payload-on-reuse, failed-playbook-recalled, cache-key-cut-short,
 *            cache-never-expires, playbooks-outlive-index.
 */
import { awaitReading, type Node, type Random } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { TextVectors } from '../../fixtures/systems/embedder/daemon/textVector.ts'
import { embedder } from '../../fixtures/systems/embedder/system.ts'
import type { Search, VectordClient } from '../../fixtures/systems/vectord/client.ts'
import { expectedHits, type Written, wrongIn } from '../../fixtures/systems/vectord/reference.ts'
import { vectord } from '../../fixtures/systems/vectord/system.ts'
import { budgets } from '../budgets.ts'
import { drawVector, recall } from './vectors.ts'

const index = 'answers'
const dimensions = 32
const vectors = 200
const searches = 30
const rounds = 3
/** Of each city so few that the best of all hold hardly any. */
const cities = 25
const alike = Array.from({ length: 30 }, (_, at) => `w${at}`).join(' ')
const cacheEntries = 8

type Model = Map<string, Written>

test('VEC-14 an answer shows the best of what is wanted, as it was written last', { tags: ['gate'] }, async ({
  startCluster,
  run,
  seed,
}) => {
  const providers = await startCluster({
    system: embedder,
    nodes: 1,
    env: {
      EMBEDDER_DIMENSIONS: String(dimensions),
      EMBEDDER_LATENCY_LEAST_MS: '0',
      EMBEDDER_LATENCY_MOST_MS: '1',
    },
  })
  const [provider] = providers.nodes
  const { host, port } = provider.plan.advertised
  const daemons = await startCluster({
    system: vectord,
    nodes: 1,
    env: {
      VECTORD_EMBEDDER: `${host}:${port}`,
      VECTORD_EMBED_CACHE_ENTRIES: String(cacheEntries),
      VECTORD_EMBED_CACHE_TTL_S: '1',
    },
  })
  const [node] = daemons.nodes
  const random = seed.stream('answers')
  const model: Model = new Map()
  await node.client.createIndex(index, dimensions)
  const recalls: number[] = []
  for (let round = 0; round < rounds; round++) {
    await change(node.client, model, random, round)
    recalls.push(await searchesRight(node.client, model, random))
  }
  await failedPlaybooksStayOut(node.client, model, random)
  const kill = await daemons.kill(node)
  expect(kill, 'the daemon was killed').toHaveFired()
  await node.start()
  recalls.push(await searchesRight(node.client, model, random))
  // Told, not judged: a round asks so few that one miss of a right graph would be red. VEC-1 and VEC-7 judge recall.
  run.report('recall@k of the graph, worst round', Math.min(...recalls), 'ratio')

  await madeAgain(node.client, model, random)
  await textsAreThemselves(node, async () => (await provider.client.status()).calls)
})

function written(random: Random, id: string, at: number): Written {
  const scale = 10 ** random.integer(-3, 3)
  const vector = drawVector(random, dimensions).map((value) => value * scale)
  const metadata = { city: `city ${random.integer(1, cities)}`, skills: [`s${at % 5}`, `s${at % 7}`], at }
  return { id, vector, metadata }
}

/** All ids are written, a third again; a third is removed, and of those the half comes back, as something else each time. */
async function change(client: VectordClient, model: Model, random: Random, round: number): Promise<void> {
  const draw = (id: string, at: number) => written(random, id, 1_000 * round + at)
  const ids = Array.from({ length: vectors }, (_, at) => `v${at}`)
  const put = async (chosen: readonly string[], by: 'add' | 'upsert') => {
    const all = chosen.map(draw)
    await client[by](index, all)
    for (const each of all) model.set(each.id, each)
  }
  await put(
    ids.filter((id) => !model.has(id)),
    'add',
  )
  await put(random.shuffle(ids).slice(0, vectors / 3), 'upsert')
  const removed = random.shuffle(ids).slice(0, vectors / 3)
  await client.remove(index, removed)
  for (const id of removed) model.delete(id)
  await put(removed.slice(0, removed.length / 2), 'add')
}

/** Returns how much of the true nearest the graph found. */
async function searchesRight(client: VectordClient, model: Model, random: Random): Promise<number> {
  let recalled = 0
  for (let at = 0; at < searches; at++) {
    const search: Search = {
      vector: drawVector(random, dimensions),
      k: random.integer(1, 20),
      excludeIds: random.shuffle([...model.keys()]).slice(0, random.integer(0, 30)),
      ...drawFilter(random),
    }
    const truth = expectedHits(model.values(), search).map(({ id }) => id)
    for (const exact of [true, false]) {
      const hits = await client.search(index, { ...search, exact })
      const ids = hits.map(({ id }) => id)
      expect(ids.length, 'as many are found as are wanted').toBe(truth.length)
      for (const hit of hits) {
        const own = model.get(hit.id)
        const wrong = own ? wrongIn(hit, own, search.vector!) : `${hit.id} was found, and had been removed`
        expect(wrong, 'a hit shows what was written last').toBeUndefined()
      }
      if (exact) expect(ids, 'an exact search finds the best of what is wanted').toEqual(truth)
      else recalled += recall(ids, truth) / searches
    }
  }
  for (const { id, vector } of random.shuffle([...model.values()]).slice(0, searches)) {
    expect(await client.vector(index, id), 'a vector is read as it was written last').toEqual(vector)
  }
  return recalled
}

function drawFilter(random: Random): Pick<Search, 'filter'> {
  const city = () => `city ${random.integer(1, cities)}`
  const skill = () => `s${random.integer(0, 6)}`
  return random.pick<Pick<Search, 'filter'>>([
    {},
    { filter: { city: city() } },
    { filter: { city: [city(), city()] } },
    { filter: { skills: skill() } },
    { filter: { city: [city(), city(), city()], skills: [skill(), skill()] } },
  ])
}

/** Of one query several failed, nearer than the one that worked: that one alone is followed. */
async function failedPlaybooksStayOut(client: VectordClient, model: Model, random: Random): Promise<void> {
  const vector = drawVector(random, dimensions)
  const [worked = '', ...failed] = random.shuffle([...model.keys()]).slice(0, 7)
  const near = Float32Array.from(vector, (value, at) => (at === 0 ? value + 0.2 : value))
  const record = (chosen: string, outcome: 'ok' | 'failed', of: Float32Array) =>
    client.recordPlaybook(index, { query: 'who', vector: of, chosenIds: [chosen], outcome })
  const playbook = await record(worked, 'ok', near)
  for (const id of failed) await record(id, 'failed', vector)
  const search = { vector, k: 20, usePlaybook: true }
  const hits = await client.search(index, search)
  const followed = hits.filter(({ provenance }) => provenance).map(({ id }) => id)
  expect(followed, 'only a playbook that worked is followed').toEqual([worked])
  expect(hits[0]?.provenance?.playbook, 'what worked comes first, and says why').toBe(playbook)
  for (const query of [{ excludeIds: [worked] }, { filter: { at: -1 } }]) {
    const ids = (await client.search(index, { ...search, ...query })).map(({ id }) => id)
    expect(ids, 'a playbook obeys the query like all others').not.toContain(worked)
  }
}

/** Nothing of an index that was dropped is in one that is made under its name, also of another size. */
async function madeAgain(client: VectordClient, model: Model, random: Random): Promise<void> {
  for (const size of [dimensions / 2, dimensions]) {
    await client.dropIndex(index)
    await client.createIndex(index, size)
    const vector = drawVector(random, size)
    expect(await client.search(index, { vector, usePlaybook: true }), 'an index that was made again is empty').toEqual(
      [],
    )
    const fresh = [...model.keys()]
      .slice(0, 40)
      .map((id) => ({ id, vector: drawVector(random, size), metadata: { size } }))
    await client.add(index, fresh)
    const hits = await client.search(index, { vector, k: 40, exact: true, usePlaybook: true })
    const ids = expectedHits(fresh, { vector, k: 40 }).map(({ id }) => id)
    expect(
      hits.map(({ id, provenance, metadata }) => ({ id, provenance, metadata })),
      'an index that was made again holds what was added since',
    ).toEqual(ids.map((id) => ({ id, metadata: { size } })))
    const chosenIds = ids.slice(-1)
    await client.recordPlaybook(index, { query: 'who', vector, chosenIds, outcome: 'ok' })
    const [first] = await client.search(index, { vector, usePlaybook: true })
    expect(first?.id, 'a playbook of the new index is followed').toBe(chosenIds[0])
  }
}

async function textsAreThemselves(node: Node<VectordClient>, calls: () => Promise<number>): Promise<void> {
  const { client } = node
  const texts = Array.from({ length: cacheEntries + 4 }, (_, at) =>
    at % 2 === 0 ? `${alike} e${at}` : `b${at} ${alike}`,
  )
  const embedded = new TextVectors(dimensions)
  await client.createIndex('texts', dimensions)
  await client.add(
    'texts',
    texts.map((text, at) => ({ id: `t${at}`, vector: embedded.of(text) })),
  )
  const before = await calls()
  for (let time = 0; time < 2; time++) {
    for (const [at, query] of texts.entries()) {
      const hits = await client.search('texts', { query, k: 1, exact: true })
      expect(hits[0]?.id, 'each text is searched for as itself').toBe(`t${at}`)
    }
  }
  // Taken in turn, each has left the cache by the time that it is asked for again.
  expect((await calls()) - before, 'the cache holds no more than it may').toBe(2 * texts.length)
  const [query] = texts.slice(-1)
  const known = await calls()
  await awaitReading({
    what: 'an embedding that has become too old to be asked for again',
    budget: budgets.embeddingExpired,
    probe: async () => {
      await client.search('texts', { query, k: 1 })
      return calls()
    },
    until: (count) => count > known,
    open: () => node.log.path,
  })
}
