import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerClient } from '../fixtures/systems/peer/client.ts'
import { peer } from '../fixtures/systems/peer/system.ts'
import { Seed } from '../harness/src/base/seed.ts'
import { Cluster, prepareCluster } from '../harness/src/cluster/cluster.ts'
import type { RegionOptions } from '../harness/src/cluster/regions.ts'
import { openProcessRuntime } from '../harness/src/runtime/process.ts'
import type { Runtime } from '../harness/src/runtime/runtime.ts'

/** Peers and links without recording, timed: what a guard pays before and after its own work. */
export interface TimedCluster {
  cluster: Cluster<PeerClient>
  startMs: number
  stop(): Promise<number>
}

export async function startPeers(
  nodes: number,
  openRuntime: () => Promise<Runtime> = openProcessRuntime,
  where: RegionOptions = {},
): Promise<TimedCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-bench-'))
  const runtime = await openRuntime()
  const startedAt = performance.now()
  const parts = await prepareCluster(
    { system: peer, nodes, ...where },
    { seed: new Seed(1), runtime, artifactFolder: folder, record: () => (_operation, call) => call() },
  )
  const cluster = new Cluster(parts)
  await cluster.start()
  const startMs = performance.now() - startedAt
  return {
    cluster,
    startMs,
    async stop() {
      const stopAt = performance.now()
      const left = await cluster.close()
      await runtime.close()
      const stopMs = performance.now() - stopAt
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`)
      await rm(folder, { recursive: true, force: true })
      return stopMs
    },
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
