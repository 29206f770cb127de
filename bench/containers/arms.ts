import { join } from 'node:path'
import type Dockerode from 'dockerode'
import { GenericContainer, Network, Wait } from 'testcontainers'
import { request } from 'undici'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { awaitReading } from '../../harness/src/base/awaitReading.ts'
import { howToRun } from '../../harness/src/cluster/howToRun.ts'
import { labelsOfThisRun } from '../../harness/src/runtime/container/labels.ts'
import type { ContainerPlan } from '../../harness/src/runtime/runtime.ts'

const port = 9001
const readyBudgetMs = 60_000

/** One container as the harness would start it, without the harness. */
export interface Peer {
  dataFolder: string
  env: Readonly<Record<string, string>>
  plan: ContainerPlan
}

export function peersIn(folder: string, count: number): Promise<Peer[]> {
  const peers = Array.from({ length: count }, async (_, at) => {
    const everywhere = { host: '0.0.0.0', port }
    const name = `n${at + 1}`
    const dataFolder = join(folder, name)
    const advertised = { host: name, port }
    const node = { name, index: at + 1, bind: everywhere, reach: everywhere, advertised, dataFolder }
    const { env, container } = await howToRun('docker', peer, node, { limits: {}, shared: [dataFolder] })
    return { dataFolder, env, plan: container as ContainerPlan }
  })
  return Promise.all(peers)
}

/** ms from a new network to the last of the containers ready, by the engine's API, in parallel. */
export async function engineArm(engine: Dockerode, peers: readonly Peer[]): Promise<number> {
  const startedAt = performance.now()
  const name = `breakwater-bench-${process.pid}`
  const network = await engine.createNetwork({ Name: name, Driver: 'bridge', Labels: labelsOfThisRun() })
  const started = await Promise.allSettled(
    peers.map(async ({ env, plan }) => {
      const container = await engine.createContainer({
        Image: plan.image,
        Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
        Labels: labelsOfThisRun(),
        Healthcheck: { Test: ['NONE'] },
        HostConfig: { Init: true, NetworkMode: name, Binds: bindsOf(plan) },
      })
      await container.start()
      const { NetworkSettings } = await container.inspect()
      await ready(NetworkSettings.Networks[name]?.IPAddress as string)
      return container
    }),
  )
  const tookMs = performance.now() - startedAt
  await Promise.all(
    started.map((each) => (each.status === 'fulfilled' ? each.value.remove({ force: true, v: true }) : undefined)),
  )
  for (const each of started) if (each.status === 'rejected') throw each.reason
  await network.remove()
  return tookMs
}

/** The same by testcontainers, as its manual has it. */
export async function libraryArm(peers: readonly Peer[]): Promise<number> {
  const startedAt = performance.now()
  const network = await new Network().start()
  const started = await Promise.all(
    peers.map(({ env, plan }) =>
      new GenericContainer(plan.image)
        .withNetwork(network)
        .withEnvironment(env)
        .withLabels(labelsOfThisRun())
        .withExposedPorts(port)
        .withBindMounts(plan.shared.map((path) => ({ source: path, target: path })))
        .withWaitStrategy(Wait.forHttp('/ready', port))
        .start(),
    ),
  )
  const tookMs = performance.now() - startedAt
  await Promise.all(started.map((container) => container.stop({ timeout: 0 })))
  await network.stop()
  return tookMs
}

function bindsOf(plan: ContainerPlan): string[] {
  return plan.shared.map((path) => `${path}:${path}`)
}

async function ready(host: string): Promise<void> {
  await awaitReading({
    what: `the peer at ${host} to be ready`,
    budget: readyBudgetMs,
    probe: async () => {
      const answer = await request(`http://${host}:${port}/ready`)
      await answer.body.dump()
      return answer.statusCode === 200
    },
    until: (isReady) => isReady,
    everyMs: 3,
  })
}
