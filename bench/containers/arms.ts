import type Dockerode from 'dockerode'
import { execa } from 'execa'
import { GenericContainer, Network, Wait } from 'testcontainers'
import { awaitReading } from '../../harness/src/base/awaitReading.ts'
import { labelsOfThisRun } from '../../harness/src/runtime/container/labels.ts'
import { type BareContainer, port } from './containersOf.ts'

const readyBudgetMs = 60_000
const networkName = `breakwater-bench-${process.pid}`

/** ms from a new network to the last of the containers ready, by the engine's API, in parallel. */
export async function engineArm(engine: Dockerode, containers: readonly BareContainer[]): Promise<number> {
  const startedAt = performance.now()
  const network = await engine.createNetwork({ Name: networkName, Driver: 'bridge', Labels: labelsOfThisRun() })
  const started = await Promise.allSettled(
    containers.map(async (each) => {
      const container = await engine.createContainer({
        Image: each.plan.image,
        ...(each.command.length > 0 ? { Cmd: [...each.command] } : {}),
        Env: assignments(each),
        Labels: labelsOfThisRun(),
        Healthcheck: { Test: ['NONE'] },
        HostConfig: { Init: true, NetworkMode: networkName, Binds: binds(each) },
      })
      await container.start()
      const { NetworkSettings } = await container.inspect()
      await awaitReady(each, NetworkSettings.Networks[networkName]?.IPAddress as string)
      return container
    }),
  )
  const tookMs = performance.now() - startedAt
  await Promise.all(
    started.map((each) => (each.status === 'fulfilled' ? each.value.remove({ force: true, v: true }) : undefined)),
  )
  await network.remove()
  for (const each of started) if (each.status === 'rejected') throw each.reason
  return tookMs
}

/** The same by testcontainers, as its manual has it. */
export async function libraryArm(containers: readonly BareContainer[]): Promise<number> {
  const startedAt = performance.now()
  const network = await new Network().start()
  const started = await Promise.all(
    containers.map(({ plan, command, env, answers }) =>
      new GenericContainer(plan.image)
        .withNetwork(network)
        .withCommand([...command])
        .withEnvironment({ ...env })
        .withLabels(labelsOfThisRun())
        .withExposedPorts(port)
        .withBindMounts(plan.shared.map((path) => ({ source: path, target: path })))
        .withWaitStrategy(Wait.forHttp(answers.path, port).forStatusCode(answers.status))
        .start(),
    ),
  )
  const tookMs = performance.now() - startedAt
  await Promise.all(started.map((container) => container.stop({ timeout: 0 })))
  await network.stop()
  return tookMs
}

/** The same by the command line: `docker run`, four times at once. */
export async function commandArm(containers: readonly BareContainer[]): Promise<number> {
  const labels = Object.entries(labelsOfThisRun()).flatMap(([name, value]) => ['--label', `${name}=${value}`])
  const startedAt = performance.now()
  await execa('docker', ['network', 'create', ...labels, networkName])
  const nameOf = (each: BareContainer) => `${networkName}-${each.name}`
  const started = await Promise.allSettled(
    containers.map(async (each) => {
      const options = [
        ...binds(each).flatMap((bind) => ['-v', bind]),
        ...assignments(each).flatMap((text) => ['-e', text]),
      ]
      const how = ['-d', '--init', '--no-healthcheck', '--name', nameOf(each), '--network', networkName, ...labels]
      await execa('docker', ['run', ...how, ...options, each.plan.image, ...each.command])
      const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
      const { stdout } = await execa('docker', ['inspect', '-f', format, nameOf(each)])
      await awaitReady(each, stdout.trim())
    }),
  )
  const tookMs = performance.now() - startedAt
  await execa('docker', ['rm', '-fv', ...containers.map(nameOf)])
  await execa('docker', ['network', 'rm', networkName])
  for (const each of started) if (each.status === 'rejected') throw each.reason
  return tookMs
}

function assignments({ env }: BareContainer): string[] {
  return Object.entries(env).map(([key, value]) => `${key}=${value}`)
}

function binds({ plan }: BareContainer): string[] {
  return plan.shared.map((path) => `${path}:${path}`)
}

async function awaitReady({ name, ready }: BareContainer, host: string): Promise<void> {
  await awaitReading({
    what: `${name} at ${host} to be ready`,
    budget: readyBudgetMs,
    probe: () => ready(host),
    until: (isReady) => isReady,
    everyMs: 3,
  })
}
