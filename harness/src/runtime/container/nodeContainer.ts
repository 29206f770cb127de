import type Dockerode from 'dockerode'
import { GenericContainer, PullPolicy } from 'testcontainers'
import type { ContainerPlan } from '../runtime.ts'

export interface NodeContainerOptions {
  name: string
  hostname: string
  network: string
  address: string
  /** A container whose network it joins instead of having one of its own. */
  joins: string | undefined
  /** Those of the shared folders that it may not write to. */
  readOnly: ReadonlySet<string>
  plan: ContainerPlan
  /** Replaces the image's own command. */
  command: readonly string[]
  env: Readonly<Record<string, string>>
  labels: Readonly<Record<string, string>>
}

/** Only the image must be here already: the harness asks the system itself whether it is ready, and ends the wait when it dies. */
const noWait = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => noWait,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 60_000,
}

/** The library's container with what it does not offer: a fixed address, limits without swap, an init as process 1. */
export class NodeContainer extends GenericContainer {
  /** Set once the engine has made it, also when its start fails afterwards. */
  createdId: string | undefined

  constructor(options: NodeContainerOptions) {
    super(options.plan.image)
    const { plan } = options
    this.withPullPolicy({ ...PullPolicy.defaultPolicy(), shouldPull: () => 'never' })
    this.withName(options.name)
    this.withNetworkMode(options.joins === undefined ? options.network : `container:${options.joins}`)
    this.withLabels(options.labels)
    this.withEnvironment(options.env)
    this.withWaitStrategy(noWait)
    // Even a disabled reaper takes a lock file and asks for the user's name, which not every user of a CI machine has.
    if (process.env.TESTCONTAINERS_RYUK_DISABLED === 'true') this.withAutoCleanup(false)
    if (options.command.length > 0) this.withCommand([...options.command])
    Object.assign(this.createOpts, {
      // The harness asks the system itself, from outside: the image's own check would start a process of it every few seconds.
      Healthcheck: { Test: ['NONE'] },
      ...(options.joins === undefined ? ownNetwork(options) : {}),
      ...(plan.cwd === undefined ? {} : { WorkingDir: plan.cwd }),
      ...userOfRunner(),
    } satisfies Partial<Dockerode.ContainerCreateOptions>)
    this.hostConfig = { ...this.hostConfig, ...hostConfigOf(plan, options.readOnly) }
  }

  protected override async containerCreated(id: string): Promise<void> {
    this.createdId = id
  }
}

function ownNetwork({ hostname, network, address }: NodeContainerOptions): Partial<Dockerode.ContainerCreateOptions> {
  const endpoint = { IPAMConfig: { IPv4Address: address } }
  return { Hostname: hostname, NetworkingConfig: { EndpointsConfig: { [network]: endpoint } } }
}

function hostConfigOf(plan: ContainerPlan, readOnly: ReadonlySet<string>): Dockerode.HostConfig {
  const limit = plan.memoryLimitBytes
  return {
    // Without an init the node is process 1, for which the kernel ignores SIGTERM and its own SIGKILL or abort.
    Init: true,
    Binds: plan.shared.map((path) => `${path}:${path}${readOnly.has(path) ? ':ro' : ''}`),
    // Swap left alone would be twice the limit: a leak would be slow and never be ended.
    ...(limit === undefined ? {} : { Memory: limit, MemorySwap: limit }),
    ...(plan.cpus === undefined ? {} : { NanoCpus: Math.round(plan.cpus * 1e9) }),
    ...(plan.ramDisks === undefined ? {} : { Tmpfs: tmpfsOf(plan.ramDisks, readOnly) }),
    LogConfig: { Type: 'json-file', Config: {} },
    RestartPolicy: { Name: '' },
  }
}

function tmpfsOf(ramDisks: Readonly<Record<string, number>>, readOnly: ReadonlySet<string>): Record<string, string> {
  const options = ([path, bytes]: [string, number]) => `size=${bytes},mode=1777${readOnly.has(path) ? ',ro' : ''}`
  return Object.fromEntries(Object.entries(ramDisks).map((disk) => [disk[0], options(disk)]))
}

/** A runner that is not root could not remove what another user wrote into its folders. */
function userOfRunner(): { User?: string } {
  const uid = process.getuid?.() ?? 0
  return uid === 0 ? {} : { User: `${uid}:${process.getgid?.() ?? uid}` }
}
