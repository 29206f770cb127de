import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { rows } from '../fixtures/datasets/rows.ts'
import type { PeerClient } from '../fixtures/systems/peer/client.ts'
import { peer } from '../fixtures/systems/peer/system.ts'
import { HarnessError } from '../harness/src/base/errors.ts'
import type { Fault } from '../harness/src/base/fault.ts'
import { Seed } from '../harness/src/base/seed.ts'
import { prepareCluster } from '../harness/src/cluster/cluster.ts'
import { BreakableCluster } from '../harness/src/run/breakableCluster.ts'
import type { Runtime } from '../harness/src/runtime/runtime.ts'
import { median } from './peerCluster.ts'
import type { BenchRow } from './row.ts'

const rounds = 5
const goalMs = 100
const convergenceMs = 60_000

type Peers = BreakableCluster<PeerClient, 3>
type Kind = readonly [name: string, open: (cluster: Peers) => Promise<Fault>]

/** In this order on a cluster that has only just become ready. */
const kinds: readonly Kind[] = [
  ['firewall, the first fault of a cluster', (cluster) => cluster.firewall(...ends(cluster))],
  ['firewall', (cluster) => cluster.firewall(...ends(cluster))],
  ['firewall that polices', (cluster) => cluster.firewall(...ends(cluster), { bytesPerSecond: 50_000 })],
  ['firewall, one way', (cluster) => cluster.firewall(...ends(cluster), { oneWay: true })],
  ['firewall that resets', (cluster) => cluster.firewall(...ends(cluster), { reject: true })],
  ['firewall that loses all', (cluster) => cluster.firewall(...ends(cluster), { lossRatio: 1 })],
  ['delay of a node', (cluster) => cluster.delayNode(cluster.node(0), { delayMs: 5 })],
  ['partition', (cluster) => cluster.partition(...ends(cluster))],
  ['read-only disk', (cluster) => cluster.readOnlyDisk(cluster.node(0))],
  ['pause', (cluster) => cluster.pause(cluster.node(1))],
  ['disconnect', (cluster) => cluster.disconnect(cluster.node(1))],
]

/** From the call of a fault until it is in force, each kind, on peers in containers; that it did something is awaited too. */
export async function benchFaults(): Promise<BenchRow[]> {
  const goal = `<= ${goalMs} ms`
  let runtime: Runtime
  try {
    const { openContainerRuntime } = await import('../harness/src/runtime/container.ts')
    runtime = await openContainerRuntime()
    if (!runtime.can.has('firewall'))
      throw new HarnessError('PLATFORM_LACKS', 'There is no image of the toolbox; run npm run images.')
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error
    return [{ name: 'faults', value: Number.NaN, unit: 'ms', goal, skipped: error.message }]
  }
  const tookMs = new Map<string, number[]>(kinds.map(([name]) => [name, []]))
  for (let round = 0; round < rounds; round++) await inCluster(runtime, (cluster) => timeAll(cluster, tookMs))
  await runtime.close()
  return [...tookMs].map(([name, values]) => {
    const value = median(values)
    const worst = Math.max(...values).toFixed(0)
    return {
      name: `${name}, in force (worst of ${rounds}: ${worst} ms)`,
      value,
      unit: 'ms',
      goal,
      met: value <= goalMs,
    }
  })
}

async function timeAll(cluster: Peers, tookMs: ReadonlyMap<string, number[]>): Promise<void> {
  const [a] = cluster.nodes
  let from = 0
  for (const [name, open] of kinds) {
    const startedAt = performance.now()
    const fault = await open(cluster)
    tookMs.get(name)?.push(performance.now() - startedAt)
    await a.client.insert('rows', rows(200, { from, payloadBytes: 1_000 }))
    from += 200
    await fault.tookEffect()
    await fault.heal()
    await cluster.converged(convergenceMs)
    await cluster.connected(convergenceMs)
  }
}

async function inCluster(runtime: Runtime, work: (cluster: Peers) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(`${tmpdir()}/breakwater-bench-`)
  const record =
    () =>
    <T>(_operation: unknown, call: () => Promise<T>) =>
      call()
  const parts = await prepareCluster(
    { system: peer, nodes: 3 },
    { seed: new Seed(1), runtime, artifactFolder: folder, record },
  )
  const cluster: Peers = new BreakableCluster(parts, (fault) => fault)
  await cluster.start()
  try {
    await work(cluster)
  } finally {
    await cluster.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function ends({ nodes: [a, b] }: Peers) {
  return [a, b] as const
}
