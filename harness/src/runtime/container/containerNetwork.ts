import type Dockerode from 'dockerode'
import { nowMs } from '../../base/clock.ts'
import { HarnessError } from '../../base/errors.ts'
import type { KernelNetwork, PacketImposition, PacketRule } from '../kernelNetwork.ts'
import type { BridgeSite } from './bridgeSite.ts'
import { type ContainerLife, removeContainer } from './containerLife.ts'
import { requireImage } from './image.ts'
import { labelsOfThisRun } from './labels.ts'
import { NodeFirewall } from './nodeFirewall.ts'
import { SidecarShell, shellOptions } from './sidecarShell.ts'

/** Made by `npm run images`; its number rises when its contents change. */
export function firewallImage(env = process.env): string {
  return env.BREAKWATER_FIREWALL_IMAGE ?? 'breakwater/firewall:1'
}

interface Sidecar {
  shell: SidecarShell
  /** It was there first and the node joined it: then it goes only after the node. */
  holdsNetwork: boolean
}

interface NodeNetwork {
  firewall: NodeFirewall
  sidecar: Promise<Sidecar> | undefined
  /** The sidecar stays also while no fault stands. */
  isPrepared: boolean
}

export interface ContainerNetworkParts {
  engine: Dockerode
  siteOf: (host: string) => BridgeSite
  lifeOf: (host: string) => ContainerLife | undefined
}

/**
 * Faults in a node's network namespace, by a sidecar that shares it: no root on this machine is needed. The first fault starts the
 * sidecar beside the running node (0.2 s) unless it was prepared; where it was, or where faults stand while a node restarts, the sidecar comes first, with the node's
 * address, and the node joins it: not one packet of the new life passes without the rules.
 */
export class ContainerNetwork implements KernelNetwork {
  readonly #parts: ContainerNetworkParts
  readonly #nodes = new Map<string, NodeNetwork>()

  constructor(parts: ContainerNetworkParts) {
    this.#parts = parts
  }

  async prepare(host: string): Promise<void> {
    const node = this.#node(host)
    node.isPrepared = true
    const { shell } = await this.#beside(host, node)
    await shell.run('iptables -nL') // the kernel loads its tables with the first call
  }

  async impose(host: string, rules: readonly PacketRule[]): Promise<PacketImposition> {
    const node = this.#node(host)
    await this.#beside(host, node)
    return node.firewall.impose(rules)
  }

  async delay(host: string, ms: number, jitterMs: number): Promise<PacketImposition | undefined> {
    const { shell } = await this.#beside(host, this.#node(host))
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
    const network = engine.getNetwork(siteOf(host).networkId)
    await network.disconnect({ Container: container, Force: true })
    return async () => {
      const isThere = holder ?? this.#parts.lifeOf(host)?.container.id
      // A node that was started meanwhile was connected by its start.
      if (isThere !== container) return
      await network.connect({ Container: container, EndpointConfig: { IPAMConfig: { IPv4Address: host } } })
    }
  }

  /** For the launch of the next life: the container whose network it is to join, or undefined for one of its own. */
  async holderFor(host: string): Promise<string | undefined> {
    const node = this.#nodes.get(host)
    if (!node) return undefined
    const current = await node.sidecar
    const isNeeded = node.isPrepared || node.firewall.isInUse
    if (isNeeded && current?.holdsNetwork) return current.shell.container.id
    await this.#retire(node)
    if (!isNeeded) return undefined
    node.sidecar = this.#start(host, { holdsNetwork: true })
    const { shell } = await node.sidecar
    await node.firewall.moveTo(shell)
    return shell.container.id
  }

  async holderOf(host: string): Promise<string | undefined> {
    const sidecar = await this.#nodes.get(host)?.sidecar
    return sidecar?.holdsNetwork ? sidecar.shell.container.id : undefined
  }

  /** Ends the sidecars of these nodes. */
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
    const node = this.#nodes.get(host) ?? { firewall: new NodeFirewall(), sidecar: undefined, isPrepared: false }
    this.#nodes.set(host, node)
    return node
  }

  /** The sidecar in the namespace of the life that runs, or of the life to come where none does. */
  async #beside(host: string, node: NodeNetwork): Promise<Sidecar> {
    const life = this.#parts.lifeOf(host)
    if (!node.sidecar) {
      node.sidecar = this.#start(
        host,
        life ? { joins: life.container.id, holdsNetwork: false } : { holdsNetwork: true },
      )
      await node.firewall.moveTo((await node.sidecar).shell)
    }
    return node.sidecar
  }

  async #retire(node: NodeNetwork): Promise<void> {
    const sidecar = await node.sidecar
    node.sidecar = undefined
    await node.firewall.moveTo(undefined)
    if (sidecar) await removeContainer(sidecar.shell.container)
  }

  async #start(host: string, how: { joins?: string; holdsNetwork: boolean }): Promise<Sidecar> {
    const { engine, siteOf } = this.#parts
    const image = firewallImage()
    await requireImage(engine, image)
    const { network } = siteOf(host)
    const options = shellOptions(image)
    const container = await engine.createContainer({
      ...options,
      Labels: labelsOfThisRun(),
      ...(how.joins === undefined
        ? { NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: host } } } } }
        : {}),
      HostConfig: { ...options.HostConfig, NetworkMode: how.joins === undefined ? network : `container:${how.joins}` },
    })
    try {
      return { shell: await SidecarShell.start(engine, container), holdsNetwork: how.holdsNetwork }
    } catch (cause) {
      await removeContainer(container)
      throw cause
    }
  }
}
