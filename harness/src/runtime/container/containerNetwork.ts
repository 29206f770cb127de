import type Dockerode from 'dockerode'
import { nowMs } from '../../base/clock.ts'
import { HarnessError } from '../../base/errors.ts'
import type { KernelNetwork, PacketImposition, PacketRule } from '../kernelNetwork.ts'
import type { BridgeSite } from './bridgeSite.ts'
import { type ContainerLife, removeContainer } from './containerLife.ts'
import { requireImage } from './image.ts'
import { labelsOfThisRun } from './labels.ts'
import { NodeFirewall } from './nodeFirewall.ts'
import type { Shell } from './shell.ts'
import { SidecarShell } from './sidecarShell.ts'
import { firewallImage, type Toolbox } from './toolbox.ts'

/** All that a sidecar needs to rule over the network that it shares with a node. */
const networkRights = { CapDrop: ['ALL'], CapAdd: ['NET_ADMIN', 'NET_RAW'], Init: true }

/** For the engine to tell the end of a process that is gone. */
const endBudgetMs = 2_000

/** Where the rules of a node are put in force. */
interface Place {
  shell: Shell
  /** A container that was there first and whose network the node joined: it goes only after the node. */
  holder?: Dockerode.Container
  leave(): Promise<void>
}

interface NodeNetwork {
  firewall: NodeFirewall
  place: Promise<Place> | undefined
  /** The last place, until it has let go of what it had. */
  leaving: Promise<void> | undefined
}

export interface ContainerNetworkParts {
  engine: Dockerode
  toolbox: Toolbox
  siteOf: (host: string) => BridgeSite
  lifeOf: (host: string) => ContainerLife | undefined
  /** Resolves when the engine has released the address of the lives before. */
  addressFree: (host: string) => Promise<void>
}

/**
 * Faults in a node's network namespace: no root on this machine is needed. The toolbox steps into that of a running node,
 * or a sidecar shares it. Where faults stand while a node restarts, a sidecar comes first, with the node's address, and the node joins it: not one packet of the
 * new life passes without the rules.
 */
export class ContainerNetwork implements KernelNetwork {
  readonly #parts: ContainerNetworkParts
  readonly #nodes = new Map<string, NodeNetwork>()
  /** Lives that have the address already and are not known yet. */
  readonly #starting = new Map<string, Promise<unknown>>()

  constructor(parts: ContainerNetworkParts) {
    this.#parts = parts
  }

  async impose(host: string, rules: readonly PacketRule[]): Promise<PacketImposition> {
    const node = this.#node(host)
    await this.#placeOf(host, node)
    return node.firewall.impose(rules)
  }

  async delay(host: string, ms: number, jitterMs: number): Promise<PacketImposition | undefined> {
    const { shell } = await this.#placeOf(host, this.#node(host))
    const tc = '/usr/sbin/tc qdisc'
    const jitter = jitterMs > 0 ? ` ${jitterMs}ms distribution normal` : ''
    if (!(await shell.succeeds(`${tc} add dev eth0 root netem delay ${ms}ms${jitter}`))) return undefined
    const startedAt = nowMs()
    let endedAt: number | undefined
    return {
      counts: () => ({ delayedForMs: (endedAt ?? nowMs()) - startedAt }),
      lift: async () => {
        if (endedAt !== undefined) return
        endedAt = nowMs()
        await shell.run(`${tc} del dev eth0 root`)
      },
    }
  }

  async disconnect(host: string): Promise<() => Promise<void>> {
    const { engine, siteOf } = this.#parts
    const holder = await this.holderOf(host)
    const container = holder ?? this.#parts.lifeOf(host)?.container.id
    if (!container)
      throw new HarnessError('FAULT_FAILED', `The node at ${host} does not run, so it has no network to lose.`)
    const { shell } = await this.#placeOf(host, this.#node(host))
    await shell.run('ip link set eth0 down') // in force; the engine takes 50 to 130 ms to follow
    const network = engine.getNetwork(siteOf(host).networkId)
    const disconnected = network.disconnect({ Container: container, Force: true })
    disconnected.catch(() => {}) // told by the heal
    return async () => {
      await disconnected
      const isThere = holder ?? this.#parts.lifeOf(host)?.container.id
      // A node that was started meanwhile was connected by its start.
      if (isThere !== container) return
      await network.connect({ Container: container, EndpointConfig: { IPAMConfig: { IPv4Address: host } } })
    }
  }

  /**
   * Starts the next life: it joins the network of the container that is named, or has one of its own. A fault that comes meanwhile
   * waits for that life, since two containers cannot have one address.
   */
  async begin<T>(host: string, start: (joins: string | undefined) => Promise<T>): Promise<T> {
    for (;;) {
      const joins = await this.#holderFor(host)
      // A fault that came just then has made a place.
      if (joins === undefined && this.#nodes.get(host)?.place) continue
      const starting = start(joins)
      this.#starting.set(host, starting)
      try {
        return await starting
      } finally {
        this.#starting.delete(host)
      }
    }
  }

  async #holderFor(host: string): Promise<string | undefined> {
    const node = this.#nodes.get(host)
    if (!node) return undefined
    const current = await node.place
    if (node.firewall.isInUse && current?.holder) return current.holder.id
    await this.#retire(node)
    if (!node.firewall.isInUse) return undefined
    const { holder } = await this.#moveTo(node, this.#hold(host))
    return holder?.id
  }

  async holderOf(host: string): Promise<string | undefined> {
    return (await this.#nodes.get(host)?.place)?.holder?.id
  }

  /** Leaves the networks of these nodes. */
  async close(hosts: Iterable<string>): Promise<void> {
    await Promise.all(
      [...hosts].map(async (host) => {
        const node = this.#nodes.get(host)
        this.#nodes.delete(host)
        if (!node) return
        node.firewall.close()
        await this.#retire(node)
      }),
    )
  }

  #node(host: string): NodeNetwork {
    const node = this.#nodes.get(host) ?? { firewall: new NodeFirewall(), place: undefined, leaving: undefined }
    this.#nodes.set(host, node)
    return node
  }

  /** In the namespace of the life that runs, or of the life to come where none does. */
  #placeOf(host: string, node: NodeNetwork): Promise<Place> {
    return node.place ?? this.#moveTo(node, this.#settle(host, node))
  }

  async #settle(host: string, node: NodeNetwork): Promise<Place> {
    await node.leaving
    // What keeps it from starting is told by the launch.
    await this.#starting.get(host)?.catch(() => {})
    const life = this.#parts.lifeOf(host)
    const entered = life && (await this.#enterUnlessEnding(life))
    if (entered) return entered
    await this.#parts.addressFree(host)
    return this.#hold(host)
  }

  /** Undefined when the life ended meanwhile: its process is gone some ms before the engine says so. */
  async #enterUnlessEnding(life: ContainerLife): Promise<Place | undefined> {
    try {
      return await this.#enter(life)
    } catch (error) {
      if (await life.endsWithin(endBudgetMs)) return undefined
      throw error
    }
  }

  /** Resolves, for everybody who awaits the place, once the standing rules are in force there. */
  #moveTo(node: NodeNetwork, coming: Promise<Place>): Promise<Place> {
    const place = coming.then(async (there) => {
      await node.firewall.moveTo(there.shell)
      return there
    })
    node.place = place
    place.catch(() => {
      // The next fault tries again.
      if (node.place === place) node.place = undefined
    })
    return place
  }

  async #retire(node: NodeNetwork): Promise<void> {
    const place = await node.place
    node.place = undefined
    await node.firewall.moveTo(undefined)
    node.leaving = place?.leave()
    await node.leaving
  }

  /** By the toolbox, or by a sidecar of the node's own where the engine grants no more than that. */
  async #enter(life: ContainerLife): Promise<Place> {
    if (!(await this.#parts.toolbox.isGranted())) return this.#join(life)
    const network = await this.#parts.toolbox.enterNetwork(life.initPid)
    return { shell: network, leave: () => network.leave() }
  }

  async #join({ container }: ContainerLife): Promise<Place> {
    const { engine } = this.#parts
    const shell = await SidecarShell.start(engine, {
      Image: firewallImage(),
      Labels: labelsOfThisRun(),
      HostConfig: { ...networkRights, NetworkMode: `container:${container.id}` },
    })
    return { shell, leave: () => removeContainer(shell.container) }
  }

  async #hold(host: string): Promise<Place> {
    const { engine, siteOf } = this.#parts
    const image = firewallImage()
    await requireImage(engine, image)
    const { network } = siteOf(host)
    const shell = await SidecarShell.start(engine, {
      Image: image,
      Labels: labelsOfThisRun(),
      NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: host } } } },
      HostConfig: { ...networkRights, NetworkMode: network },
    })
    return { shell, holder: shell.container, leave: () => removeContainer(shell.container) }
  }
}
