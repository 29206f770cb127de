import type { GuardRun, Node } from '@breakwater/harness'
import { sized } from '@breakwater/harness/vitest'
import type { Corpus } from '../../fixtures/datasets/corpus.ts'
import { type EmbedderClient, embedder } from '../../fixtures/systems/embedder/system.ts'
import { addWorkers } from './addWorkers.ts'
import { type Bed, startBed } from './stores.ts'

export const index = 'workers'
export const dataset = { seed: 1, count: sized({ gate: 5_000, full: 100_000 }), dimensions: 768 }
const batch = 250

export interface SearchBed extends Bed {
  readonly embedder: Node<EmbedderClient>
}

/** An object store, a provider of embeddings that takes 20 to 50 ms, and a daemon that uses both. */
export async function startSearchBed(
  run: GuardRun,
  env: Readonly<Record<string, string>> = {},
  dimensions = dataset.dimensions,
): Promise<SearchBed> {
  const providers = await run.startCluster({
    system: embedder,
    nodes: 1,
    env: {
      EMBEDDER_LATENCY_LEAST_MS: '20',
      EMBEDDER_LATENCY_MOST_MS: '50',
      EMBEDDER_DIMENSIONS: String(dimensions),
    },
  })
  const [provider] = providers.nodes
  const { host, port } = provider.plan.advertised
  const settings = {
    VECTORD_EMBEDDER: `${host}:${port}`,
    VECTORD_SAVE_PAUSE_MS: '1000',
    VECTORD_EMBED_TIMEOUT_MS: '120000',
    ...env,
  }
  return { ...(await startBed(run, settings)), embedder: provider }
}

/** Loads all workers; resolves with their vectors by id. */
export async function loadWorkers({ node }: Bed, run: GuardRun, corpus: Corpus): Promise<Map<string, Float32Array>> {
  const vectors = new Map<string, Float32Array>()
  await addWorkers(node.client, { index, corpus, batch }, (added) => {
    for (const { id, vector } of added) vectors.set(id, vector)
  })
  run.progress(`${vectors.size} workers loaded: ${corpus.name}`)
  return vectors
}
