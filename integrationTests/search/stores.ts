import { awaitReading, type BreakableCluster, type GuardRun, Inconclusive, type Node } from '@breakwater/harness'
import { type ObjectStoreClient, storeCredentials } from '../../fixtures/systems/objectStore/client.ts'
import { objectStore } from '../../fixtures/systems/objectStore/system.ts'
import type { VectordClient } from '../../fixtures/systems/vectord/client.ts'
import type { Manifest, Part } from '../../fixtures/systems/vectord/daemon/manifest.ts'
import { vectord } from '../../fixtures/systems/vectord/system.ts'
import { budgets } from '../budgets.ts'

export const bucket = 'vectord'
export const prefix = 'guard/'

export interface Bed {
  readonly stores: BreakableCluster<ObjectStoreClient, 1>
  readonly store: Node<ObjectStoreClient>
  readonly daemons: BreakableCluster<VectordClient, 1>
  readonly node: Node<VectordClient>
}

export type Stores = Pick<Bed, 'stores' | 'store'>

/** One object store and one daemon that saves to it; calls to the store can be made to fail. */
export async function startBed(run: GuardRun, env: Readonly<Record<string, string>> = {}): Promise<Bed> {
  return startDaemonOn(run, await startStore(run), env)
}

/** An object store with an empty bucket. */
export async function startStore(run: GuardRun): Promise<Stores> {
  const stores = await run.startCluster({ system: objectStore, nodes: 1 })
  const [store] = stores.nodes
  await store.client.createBucket(bucket)
  return { stores, store }
}

/** A daemon that saves to the store, always to the same place. */
export async function startDaemonOn(
  run: GuardRun,
  { stores, store }: Stores,
  env: Readonly<Record<string, string>> = {},
): Promise<Bed> {
  const { accessKey, secretKey } = storeCredentials()
  const daemons = await run.startCluster({
    system: vectord,
    nodes: 1,
    env: {
      VECTORD_STORE_ENDPOINT: await stores.objectStoreEndpoint(store),
      VECTORD_STORE_BUCKET: bucket,
      VECTORD_STORE_PREFIX: prefix.slice(0, -1),
      VECTORD_STORE_KEY: accessKey,
      VECTORD_STORE_SECRET: secretKey,
      VECTORD_STORE_TIMEOUT_MS: '2000',
      VECTORD_SAVE_PAUSE_MS: '50',
      ...env,
    },
  })
  const [node] = daemons.nodes
  return { stores, store, daemons, node }
}

/** The manifest as the store holds it, read past every fault; `undefined` if there is none. */
export async function manifestOf({ store }: Bed): Promise<Manifest | undefined> {
  const bytes = await store.client.get(bucket, `${prefix}manifest.json`)
  return bytes && (JSON.parse(bytes.toString()) as Manifest)
}

export function namedParts({ base, log, graphs }: Manifest): Part[] {
  return [...(base?.parts ?? []), ...log, ...graphs.flatMap(({ parts }) => parts)]
}

/** Parts that the manifest names and the store does not hold. */
export async function missingParts(bed: Bed): Promise<string[]> {
  const manifest = await manifestOf(bed)
  if (!manifest) return []
  const held = new Set(await bed.store.client.keys(bucket, prefix))
  const named = namedParts(manifest)
  if (named.length === 0) throw new Inconclusive('The manifest names no part.')
  return named.map((part) => prefix + part.key).filter((key) => !held.has(key))
}

/** Reads an index whole and records what was there, for the checkers. */
export async function observeVectors(run: GuardRun, node: Node<VectordClient>, index: string): Promise<void> {
  await run.recorder.observe({ node: node.name, what: 'rows', table: index }, async () => {
    const vectors = await node.client.vectors(index)
    return vectors.map(({ id, metadata }) => ({ key: id, value: metadata }))
  })
}

/** Waits until the newest snapshot holds all that the daemon holds. */
export async function allSaved({ node }: Bed): Promise<void> {
  await awaitReading({
    what: 'the snapshot to hold every operation',
    budget: budgets.savedAfterHeal,
    probe: () => node.client.status(),
    until: ({ operations, snapshot }) => snapshot?.operations === operations,
    describe: ({ operations, snapshot }) => `${snapshot?.operations ?? 0} of ${operations} operations`,
    open: () => node.log.path,
  })
}

/** Waits until the store holds what the manifest names, and nothing else. */
export async function nothingUnneeded(bed: Bed): Promise<void> {
  await awaitReading({
    what: 'the store to hold what the manifest names, and nothing else',
    budget: budgets.savedAfterHeal,
    probe: async () => {
      const [manifest, keys] = [await manifestOf(bed), await bed.store.client.keys(bucket, prefix)]
      return keys.length - 1 - (manifest ? namedParts(manifest).length : 0)
    },
    until: (count) => count === 0,
    describe: (count) => `${count} objects too many`,
    open: () => bed.node.log.path,
  })
}
