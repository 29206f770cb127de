import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { awaitReading } from '../base/awaitReading.ts'
import type { Budget } from '../base/budget.ts'
import { HarnessError } from '../base/errors.ts'
import type { Seed } from '../base/seed.ts'
import type { Link } from '../network/link.ts'
import { type Network, type NetworkPlan, openNetwork } from '../network/network.ts'
import { ownerOfSocket } from '../network/owner.ts'
import { openControl } from '../runtime/control.ts'
import type { Life, Place, Runtime, Site } from '../runtime/runtime.ts'
import { agreedOn, type Digests, shown, textOf } from './digests.ts'
import { leftBehind } from './leftBehind.ts'
import { Node } from './node.ts'
import {
  describeRegions,
  layRegionLines,
  type RegionLines,
  type RegionMap,
  type RegionOptions,
  regionAt,
  regionMapOf,
} from './regions.ts'
import type { NodePlan, RecordCall, System } from './system.ts'
import { joinCalls, type Topology } from './topology.ts'

export interface ClusterOptions<Client, Count extends number = number> extends RegionOptions {
  system: System<Client>
  /** How many. They are named n1, n2 … */
  nodes: Count
  /** Which join calls make the cluster. Default star. */
  topology?: Topology
  /** Environment of every node, or of one by its name: knobs of the system under test. */
  env?: Readonly<Record<string, string>>
  envOf?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The kernel's limit for each node, in containers: processes have none. */
  memoryLimitBytes?: number
  /** How many processors' worth of time each node gets, in containers. */
  cpus?: number
  /** Each node's data folder is a RAM disk of this size, in containers: an honest full disk, empty again in the next life. */
  dataLimitBytes?: number
  /** The power of nodes will be cut: what they change on disk is journaled until it is synced. For Node.js systems with preloads. */
  powerCuts?: boolean
  /** ms for all nodes to be ready and joined. Default 20 000. */
  startBudgetMs?: number
}

export interface ClusterContext {
  seed: Seed
  runtime: Runtime
  /** Logs, samples and errors of the nodes are written here and stay. */
  artifactFolder: string
  record: (client: string, node: string) => RecordCall
  onEvent?: (type: 'start' | 'exit' | 'note', what: string, targets: string[], data?: unknown) => void
}

export interface ClusterParts<Client> {
  options: ClusterOptions<Client>
  context: ClusterContext
  nodes: readonly Node<Client>[]
  network: Network
  /** Absent in a cluster without regions. */
  regions?: { map: RegionMap; lines: RegionLines }
  doors: NetworkPlan['nodes']
  site: Site
  workFolder: string
  /** Ends nodes' parts, doors, addresses and the work folder, in that order. */
  resources: AsyncDisposableStack
}

/** Claims addresses, opens the links and prepares the nodes; starts nothing yet. */
export async function prepareCluster<Client>(
  options: ClusterOptions<Client>,
  context: ClusterContext,
): Promise<ClusterParts<Client>> {
  if (!(options.nodes >= 1)) {
    throw new HarnessError('BAD_USAGE', `A cluster needs at least one node, but ${options.nodes} were asked for.`)
  }
  await using resources = new AsyncDisposableStack()
  const workFolder = await mkdtemp(join(tmpdir(), 'breakwater-'))
  context.runtime.ownFolder(workFolder)
  resources.defer(async () => {
    await rm(workFolder, { recursive: true, force: true })
    context.runtime.disownFolder(workFolder)
  })
  if (options.powerCuts && options.dataLimitBytes !== undefined) {
    throw new HarnessError(
      'BAD_USAGE',
      'A data folder on a RAM disk loses everything by itself: leave powerCuts or dataLimitBytes out.',
    )
  }
  const site = await context.runtime.openSite(options.nodes)
  resources.defer(() => site.close())
  // Other names of a node's files lie beside its data, on the same mount: else they could not be had in a container.
  const folderOf = (name: string) => (options.powerCuts ? join(workFolder, name, 'data') : join(workFolder, name))
  const plans = site.places.map((place, at) => planNode(at + 1, place, folderOf(`n${at + 1}`), regionAt(options, at)))
  const nodes: Node<Client>[] = []
  const pids = () => new Map(nodes.filter((node) => node.running).map((node) => [node.name, [node.life.pid]]))
  const doors = site.places.map(({ door, reach }, at) => ({ name: `n${at + 1}`, door, target: reach }))
  const network = await openNetwork({
    nodes: doors,
    whoDialled: (dial) => ownerOfSocket(dial, pids),
  })
  resources.defer(() => network.close())
  const map = regionMapOf(plans, options.interRegion)
  const regions = map && { map, lines: layRegionLines(network, map, context.seed) }
  if (map) context.onEvent?.('note', `regions: ${describeRegions(map)}`, Object.keys(map.nodes), map)
  for (const plan of plans) {
    await mkdir(plan.dataFolder, { recursive: true })
    const ownFolder = options.powerCuts ? dirname(plan.dataFolder) : undefined
    const client = options.system.client(plan, context.record('test', plan.name))
    const control = await openControl(join(workFolder, `${plan.name}.sock`))
    const node = new Node({
      plan,
      system: options.system,
      client,
      runtime: context.runtime,
      control,
      artifactFolder: context.artifactFolder,
      env: { ...options.env, ...options.envOf?.[plan.name] },
      limits: {
        ...(options.memoryLimitBytes === undefined ? {} : { memoryLimitBytes: options.memoryLimitBytes }),
        ...(options.cpus === undefined ? {} : { cpus: options.cpus }),
        ...(options.dataLimitBytes === undefined ? {} : { dataLimitBytes: options.dataLimitBytes }),
      },
      ...(ownFolder === undefined ? {} : { ownFolder }),
      onLife: (life, image) => announce(life, image, context),
    })
    nodes.push(node)
    resources.defer(() => node.close())
  }
  return {
    options,
    context,
    nodes,
    network,
    ...(regions ? { regions } : {}),
    doors,
    site,
    workFolder,
    resources: resources.move(),
  }
}

/** Some nodes of one system and the links between them, under one seed. */
export class Cluster<Client = unknown> {
  readonly nodes: readonly Node<Client>[]
  readonly network: Network
  readonly system: System<Client>
  readonly seed: Seed
  readonly workFolder: string
  readonly #parts: ClusterParts<Client>

  constructor(parts: ClusterParts<Client>) {
    this.#parts = parts
    this.nodes = parts.nodes
    this.network = parts.network
    this.system = parts.options.system
    this.seed = parts.context.seed
    this.workFolder = parts.workFolder
  }

  /** Starts all nodes in parallel, joins them and waits until each is connected to each. */
  async start(): Promise<void> {
    const budgetMs = this.#parts.options.startBudgetMs ?? 20_000
    await Promise.all(this.nodes.map((node) => node.start(budgetMs)))
    const { join: joinNode, peers } = this.system.abilities
    if (this.nodes.length < 2 || !joinNode) return
    for (const [joiner, member] of joinCalls(this.#parts.options.topology ?? 'star', this.nodes.length)) {
      await joinNode(this.node(joiner).client, this.node(member).plan)
    }
    if (peers) await this.connected(budgetMs)
  }

  node(at: number): Node<Client> {
    const node = this.nodes[at]
    if (!node) throw new RangeError(`the cluster has ${this.nodes.length} nodes, there is none at index ${at}`)
    return node
  }

  link(from: Node<Client>, to: Node<Client>): Link {
    return this.network.link(from.name, to.name)
  }

  ability<Name extends keyof System<Client>['abilities']>(name: Name) {
    const ability = this.system.abilities[name]
    if (!ability) {
      throw new HarnessError('ABILITY_MISSING', `The system ${this.system.name} has no ability "${name}".`)
    }
    return ability as NonNullable<System<Client>['abilities'][Name]>
  }

  /** Waits until every running node says that it is connected to every other running node. */
  async connected(budget: number | Budget): Promise<void> {
    const peers = this.ability('peers')
    const running = this.nodes.filter((node) => node.running)
    await awaitReading({
      what: `${running.map((node) => node.name).join(', ')} to be connected to one another`,
      budget,
      probe: async () => {
        const missing: string[] = []
        for (const node of running) {
          const connected = new Set(
            (await peers(node.client)).filter((peer) => peer.connected).map((peer) => peer.name),
          )
          for (const other of running) {
            if (other !== node && !connected.has(other.name)) missing.push(`${node.name} lacks ${other.name}`)
          }
        }
        return missing
      },
      until: (missing) => missing.length === 0,
      describe: (missing) => missing.join(', '),
      everyMs: 5,
      open: () => running[0]?.log.path ?? 'no log: no node runs',
    })
  }

  /** One reading: the digest of every running node, as text. Equal digests mean equal data. */
  async digests(): Promise<Map<string, string>> {
    return new Map([...(await this.#digestsByPart())].map(([node, parts]) => [node, textOf(parts)]))
  }

  async #digestsByPart(): Promise<Map<string, Digests>> {
    const digest = this.ability('digest')
    const readings = await Promise.all(
      this.nodes
        .filter((node) => node.running)
        .map(async (node): Promise<[string, Digests]> => {
          const read = await digest(node.client)
          return [node.name, typeof read === 'string' ? { '': read } : read]
        }),
    )
    return new Map(readings)
  }

  /** Waits until all running nodes that hold a part show the same digest of it, twice in a row. Throws BUDGET_SPENT with the last digests. */
  async converged(budget: number | Budget): Promise<void> {
    this.ability('digest')
    let before: string | undefined
    await awaitReading({
      what: 'the cluster to converge',
      budget,
      probe: () => this.#digestsByPart(),
      until: (digests) => {
        const agreed = agreedOn([...digests.values()])
        const stable = agreed !== undefined && agreed === before
        before = agreed
        return stable
      },
      describe: (digests) => [...digests].map(([node, parts]) => `${node} ${shown(parts)}`).join(', '),
      everyMs: 10,
      open: () => this.node(this.nodes.length - 1).log.path,
    })
  }

  /** Where the nodes live and how far apart, with what the lines between regions delayed so far. */
  get regions(): (RegionMap & RegionLines) | undefined {
    const { regions } = this.#parts
    return regions && { ...regions.map, ...regions.lines }
  }

  /** Where each node's door listens and leads. */
  get doors(): NetworkPlan['nodes'] {
    return this.#parts.doors
  }

  /** What holds the addresses of the nodes, for whoever keeps them. */
  get claim(): Site['claim'] {
    return this.#parts.site.claim
  }

  get runtime(): Runtime {
    return this.#parts.context.runtime
  }

  /** Closes the links, but leaves the nodes and their folder: somebody else keeps them. */
  async abandon(): Promise<void> {
    await this.network.close()
    this.#parts.context.runtime.disownFolder(this.workFolder)
  }

  /** Kills everything that still runs and gives back addresses and folders. Returns what is left all the same. */
  async close(): Promise<string[]> {
    await Promise.all(this.nodes.map((node) => (node.running ? node.kill() : undefined)))
    await this.network.close()
    const left = socketsLeft(this.network)
    await this.#parts.resources.disposeAsync()
    const endpoints = this.doors.flatMap(({ door, target }) => [door, target])
    return [...left, ...(await leftBehind(endpoints, this.workFolder))]
  }
}

function planNode(index: number, place: Place, dataFolder: string, region: string | undefined): NodePlan {
  const { bind, reach, advertised } = place
  const name = `n${index}`
  return { name, index, bind, reach, advertised, dataFolder, ...(region === undefined ? {} : { region }) }
}

function socketsLeft(network: Network): string[] {
  const open = network.connectionCount()
  return open === 0 ? [] : [`${open} proxied connections`]
}

function announce(life: Life, image: string | undefined, context: ClusterContext): void {
  const what = `${life.node} incarnation ${life.incarnation}`
  const started = image === undefined ? `${what} started` : `${what} started from ${image}`
  const data = { pid: life.pid, incarnation: life.incarnation, ...(image === undefined ? {} : { image }) }
  context.onEvent?.('start', started, [life.node], data)
  void life.exited.then((exit) => {
    const how = exit.oomKilled ? 'out of memory' : (exit.signal ?? `exit code ${exit.code}`)
    context.onEvent?.('exit', `${what} ended: ${how}`, [life.node], exit)
  })
}
