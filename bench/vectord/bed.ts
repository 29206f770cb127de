import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Corpus } from '../../fixtures/datasets/corpus.ts'
import { type EmbedderClient, embedder } from '../../fixtures/systems/embedder/system.ts'
import { type ObjectStoreClient, storeCredentials } from '../../fixtures/systems/objectStore/client.ts'
import { objectStore } from '../../fixtures/systems/objectStore/system.ts'
import type { VectordClient } from '../../fixtures/systems/vectord/client.ts'
import { vectord } from '../../fixtures/systems/vectord/system.ts'
import { awaitReading } from '../../harness/src/base/awaitReading.ts'
import { budget } from '../../harness/src/base/budget.ts'
import { Seed } from '../../harness/src/base/seed.ts'
import { Cluster, prepareCluster } from '../../harness/src/cluster/cluster.ts'
import type { Node } from '../../harness/src/cluster/node.ts'
import type { System } from '../../harness/src/cluster/system.ts'
import { openProcessRuntime } from '../../harness/src/runtime/process.ts'
import type { Runtime } from '../../harness/src/runtime/runtime.ts'
import { addWorkers } from '../../integrationTests/search/addWorkers.ts'

export const index = 'workers'
const bucket = 'vectord'
const batch = 500
const made = budget('graph made', 600_000, 'ms', 'ten times what 100 000 vectors take on a quiet machine')

/** One daemon with its object store and its provider of embeddings, without links in between. */
export interface VectordBed {
  readonly node: Node<VectordClient>
  readonly provider: Node<EmbedderClient>
  readonly store: Node<ObjectStoreClient>
  readonly bucket: string
  readonly folder: string
  close(): Promise<void>
}

export async function startVectordBed(dimensions: number): Promise<VectordBed> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-bench-'))
  const runtime = await openProcessRuntime()
  const closers: (() => Promise<unknown>)[] = []
  const startOne = async <Client>(system: System<Client>, env: Record<string, string>) => {
    const { node, cluster } = await startNode(system, env, { runtime, folder })
    closers.unshift(() => cluster.close())
    return node
  }
  const store = await startOne(objectStore, {})
  await store.client.createBucket(bucket)
  const provider = await startOne(embedder, { ...providerLatency, EMBEDDER_DIMENSIONS: String(dimensions) })
  const { accessKey, secretKey } = storeCredentials()
  const node = await startOne(vectord, {
    VECTORD_EMBEDDER: addressOf(provider),
    VECTORD_STORE_ENDPOINT: `http://${addressOf(store)}`,
    VECTORD_STORE_BUCKET: bucket,
    VECTORD_STORE_KEY: accessKey,
    VECTORD_STORE_SECRET: secretKey,
  })
  return {
    node,
    provider,
    store,
    bucket,
    folder,
    async close() {
      for (const close of closers) await close()
      await runtime.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const providerLatency = { EMBEDDER_LATENCY_LEAST_MS: '20', EMBEDDER_LATENCY_MOST_MS: '50' }

async function startNode<Client>(
  system: System<Client>,
  env: Record<string, string>,
  { runtime, folder }: { runtime: Runtime; folder: string },
): Promise<{ node: Node<Client>; cluster: Cluster<Client> }> {
  const artifactFolder = join(folder, system.name)
  const parts = await prepareCluster(
    { system, nodes: 1, env },
    { seed: new Seed(1), runtime, artifactFolder, record: () => (_operation, call) => call() },
  )
  const cluster = new Cluster<Client>(parts)
  await cluster.start()
  return { node: cluster.node(0), cluster }
}

function addressOf({ plan }: Node<unknown>): string {
  return `${plan.reach.host}:${plan.reach.port}`
}

/** Loads the workers, and waits until the graph holds them all. */
export async function ingest({ node }: VectordBed, corpus: Corpus, onBatch: (count: number) => void): Promise<void> {
  await addWorkers(node.client, { index, corpus, batch }, (_added, count) => onBatch(count))
  await awaitReading({
    what: `${corpus.count} vectors in the graph`,
    budget: made,
    probe: async () => (await node.client.index(index)).graph,
    until: ({ size, pending }) => size === corpus.count && pending === 0,
    describe: (graph) => JSON.stringify(graph),
    open: () => node.log.path,
  })
}
