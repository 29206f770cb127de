import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { objectStore } from '../../fixtures/systems/objectStore/system.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { Seed } from '../../harness/src/base/seed.ts'
import { Cluster, prepareCluster } from '../../harness/src/cluster/cluster.ts'
import type { System } from '../../harness/src/cluster/system.ts'
import { openContainerRuntime } from '../../harness/src/runtime/container.ts'

/** ms from nothing to three peers that are joined and connected, each with its links, and an object store that serves. */
export async function harnessArm(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-bench-'))
  const startedAt = performance.now()
  const runtime = await openContainerRuntime()
  const start = async <Client>(system: System<Client>, nodes: number) => {
    const record =
      () =>
      <T>(_operation: unknown, call: () => Promise<T>) =>
        call()
    const context = { seed: new Seed(1), runtime, artifactFolder: join(folder, system.name), record }
    const cluster = new Cluster(await prepareCluster({ system, nodes }, context))
    await cluster.start()
    return cluster
  }
  const clusters = await Promise.all([start(peer, 3), start(objectStore, 1)])
  const tookMs = performance.now() - startedAt
  const left = await Promise.all(clusters.map((cluster) => cluster.close()))
  await runtime.close()
  await rm(folder, { recursive: true, force: true })
  if (left.flat().length > 0) throw new Error(`left behind: ${left.flat().join(', ')}`)
  return tookMs
}
