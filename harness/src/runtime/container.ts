import { chmodSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type Dockerode from 'dockerode'
import { nowMs } from '../base/clock.ts'
import { HarnessError, messageOf } from '../base/errors.ts'
import { requireLinux } from '../probe/processTable.ts'
import { type BridgeSite, openBridgeSite } from './container/bridgeSite.ts'
import { ContainerDisk } from './container/containerDisk.ts'
import { ContainerLife, removeContainer } from './container/containerLife.ts'
import { ContainerNetwork } from './container/containerNetwork.ts'
import { addressOfEngine, openEngine } from './container/engine.ts'
import { hasImage, requireImage } from './container/image.ts'
import { labelsOfThisRun, nodeLabel, runLabel } from './container/labels.ts'
import { LogFollower } from './container/logFollower.ts'
import { firewallImage, Toolbox } from './container/toolbox.ts'
import { goDirectToNodes } from './directToNodes.ts'
import type { Capability, LaunchPlan, Life, Runtime, Site } from './runtime.ts'
import { watchdog } from './watchdog.ts'

/** The version that testcontainers 12.2 starts. */
const ryukImage = 'testcontainers/ryuk:0.14.0'

/** Nodes as containers of the engine on this machine. Throws DOCKER_MISSING, DOCKER_DENIED, DOCKER_SILENT, PLATFORM_LACKS. */
export async function openContainerRuntime(): Promise<Runtime> {
  requireLinux('The container runtime')
  await goDirectToNodes()
  const engine = await openEngine()
  await chooseReaper(engine)
  watchdog.label(`${runLabel}=${watchdog.tag}`, addressOfEngine(engine))
  return new Containers(engine, await hasImage(engine, firewallImage()))
}

/**
 * The watchdog removes by label what a killed runner left. The library's own reaper does so too, where its image is here or
 * somebody asked for it; where it is not, waiting for a pull that fails would cost more than it gives.
 */
async function chooseReaper(engine: Dockerode): Promise<void> {
  if (process.env.TESTCONTAINERS_RYUK_DISABLED !== undefined) return
  const image = process.env.RYUK_CONTAINER_IMAGE ?? ryukImage
  if (!(await hasImage(engine, image))) process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
}

const capabilities: readonly Capability[] = [
  'pause',
  'faultPreload',
  'addressPerNode',
  'linkProxy',
  'clockOffset',
  'kernelMemoryLimit',
]

class Containers implements Runtime {
  readonly name = 'docker'
  readonly can: ReadonlySet<Capability>
  readonly kernelNetwork: ContainerNetwork
  readonly kernelDisk: ContainerDisk
  readonly #engine: Dockerode
  readonly #toolbox: Toolbox
  readonly #sites = new Set<BridgeSite>()
  readonly #lives = new Set<ContainerLife>()
  #closed = false

  constructor(engine: Dockerode, hasFirewall: boolean) {
    this.#engine = engine
    this.can = new Set([...capabilities, ...(hasFirewall ? (['firewall', 'readOnlyDisk'] as const) : [])])
    this.#toolbox = new Toolbox(engine)
    this.kernelNetwork = new ContainerNetwork({
      engine,
      toolbox: this.#toolbox,
      siteOf: (host) => this.#siteOf(host),
      lifeOf: (host) => this.#lifeOf(host),
      addressFree: (host) => this.#previousGone(host),
    })
    this.kernelDisk = new ContainerDisk({ toolbox: this.#toolbox, lifeOf: (host) => this.#lifeOf(host) })
  }

  async openSite(nodeCount: number): Promise<Site> {
    const site: BridgeSite = await openBridgeSite(this.#engine, nodeCount, async () => {
      // The engine does not remove a network that a container still hangs on.
      await Promise.all(this.#ours().flatMap((life) => (site.hosts.has(life.host) ? life.removed : [])))
      await this.kernelNetwork.close(site.hosts)
      this.#sites.delete(site)
    })
    this.#sites.add(site)
    return site
  }

  async launch(plan: LaunchPlan): Promise<Life> {
    if (this.#closed) throw new HarnessError('BAD_USAGE', `${plan.node} cannot be launched: the runtime is closed.`)
    const { container: wanted } = plan
    if (!wanted) {
      throw new HarnessError(
        'BAD_USAGE',
        `${plan.node} cannot be launched: its system does not say how it runs in a container.`,
      )
    }
    const site = this.#siteOf(plan.host)
    await requireImage(this.#engine, wanted.image)
    await this.#previousGone(plan.host)
    mkdirSync(dirname(plan.logPath), { recursive: true })
    for (const path of wanted.shared) openToContainer(path)
    return this.kernelNetwork.begin(plan.host, (joins) => this.#start(plan, wanted, site, joins))
  }

  ownFolder(path: string): void {
    watchdog.folder(resolve(path))
  }

  disownFolder(path: string): void {
    watchdog.forgetFolder(resolve(path))
  }

  async leftovers(): Promise<string[]> {
    const lives = this.#ours()
    await Promise.allSettled(lives.flatMap((life) => (life.exit === undefined ? [] : life.removed)))
    const ids = new Map(lives.map((life) => [life.container.id, life]))
    const there = await this.#engine.listContainers({ all: true, filters: { label: [`${runLabel}=${watchdog.tag}`] } })
    return there.flatMap(({ Id, State }) => {
      const life = ids.get(Id)
      return life ? `${life.name} left container ${Id.slice(0, 12)} (${State})` : []
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const lives = this.#ours()
    const ended = await Promise.allSettled([this.#toolbox.close(), ...lives.map((life) => life.kill())])
    for (const life of lives) this.#lives.delete(life)
    const failed = ended.find((end) => end.status === 'rejected')
    if (failed) throw new HarnessError('LEFT_BEHIND', messageOf(failed.reason), { cause: failed.reason })
  }

  async #start(
    plan: LaunchPlan,
    wanted: NonNullable<LaunchPlan['container']>,
    site: BridgeSite,
    joins: string | undefined,
  ): Promise<Life> {
    const { NodeContainer } = await import('./container/nodeContainer.ts')
    const name = `${site.network}-${plan.node}`
    const request = new NodeContainer({
      name,
      hostname: plan.node,
      network: site.network,
      address: plan.host,
      readOnly: this.kernelDisk.readOnlyFolders(plan.host),
      joins,
      plan: wanted,
      command: plan.command,
      env: plan.env,
      labels: { ...labelsOfThisRun(), [nodeLabel]: plan.node },
    })
    const startedAtMs = nowMs()
    try {
      await request.start()
    } catch (cause) {
      if (request.createdId) await removeContainer(this.#engine.getContainer(request.createdId))
      throw startFailure(plan, name, wanted.image, cause)
    }
    const container = this.#engine.getContainer(request.createdId as string)
    const [{ State }, log] = await Promise.all([
      container.inspect(),
      LogFollower.follow(this.#engine, container, plan.logPath),
    ])
    const life = await ContainerLife.begin({
      plan,
      container,
      initPid: State.Pid,
      startedAtMs,
      log,
      onKeep: () => {
        watchdog.spare(container.id)
        watchdog.spare(site.networkId)
      },
    })
    this.#lives.add(life)
    if (this.can.has('firewall')) this.#toolbox.warm()
    return life
  }

  /** The one that runs there. */
  #lifeOf(host: string): ContainerLife | undefined {
    return [...this.#lives].find((life) => life.host === host && life.exit === undefined)
  }

  #siteOf(host: string): BridgeSite {
    const site = [...this.#sites].find(({ hosts }) => hosts.has(host))
    if (!site) throw new HarnessError('BAD_USAGE', `${host} belongs to no open site of this runtime.`)
    return site
  }

  /** The next incarnation has the name and the address of the one before. */
  async #previousGone(host: string): Promise<void> {
    const previous = this.#ours().filter((life) => life.host === host)
    for (const life of previous) {
      await life.removed
      this.#lives.delete(life)
    }
  }

  /** What was kept is no longer ours to end or to report. */
  #ours(): ContainerLife[] {
    for (const life of this.#lives) if (life.kept) this.#lives.delete(life)
    return [...this.#lives]
  }
}

/**
 * Images run as a user of their own. A runner that is root opens what it shares to every user of this machine; it lies in
 * folders of the run. A runner that is not root lets the container run as itself.
 */
function openToContainer(path: string): void {
  if (process.getuid?.() === 0) chmodSync(path, 0o777)
}

function startFailure(plan: LaunchPlan, name: string, image: string, cause: unknown): HarnessError {
  const text = messageOf(cause)
  if (/is already in use by container/.test(text)) {
    return new HarnessError(
      'NAME_TAKEN',
      `The container name ${name} is taken by one that this run did not start; remove leftovers with: npx breakwater clean, or docker rm -f ${name}.`,
      { cause },
    )
  }
  return new HarnessError('NODE_NOT_READY', `The container of ${plan.node} (${image}) did not start: ${text}`, {
    cause,
  })
}
