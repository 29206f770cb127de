import type { Fault } from '../base/fault.ts'
import { Cluster, type ClusterParts } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import { disconnect } from '../nemesis/disconnect.ts'
import { failCalls } from '../nemesis/failCalls.ts'
import { delayNode, type FirewallOptions, firewall } from '../nemesis/firewall.ts'
import { kill } from '../nemesis/kill.ts'
import { isolate, type PartitionOptions, partition, partitionBridge, partitionRing } from '../nemesis/partition.ts'
import { pause } from '../nemesis/pause.ts'
import { reset, silence } from '../nemesis/reset.ts'
import { skewClock } from '../nemesis/skewClock.ts'
import { type SlowOptions, slow } from '../nemesis/slow.ts'

/** Where opened faults are written down. */
export type TrackFault = (fault: Fault) => Fault

/** The nodes of a cluster of a literal size, so that `const [a, b] = cluster.nodes` needs no check. */
type NodesOf<Client, Count extends number, Counted extends Node<Client>[] = []> = number extends Count
  ? readonly Node<Client>[]
  : Counted['length'] extends Count
    ? Readonly<Counted>
    : NodesOf<Client, Count, [...Counted, Node<Client>]>

/** A cluster with the nemesis at hand: each method opens a fault, has it recorded and returns its handle. */
export class BreakableCluster<Client = unknown, Count extends number = number> extends Cluster<Client> {
  declare readonly nodes: NodesOf<Client, Count>
  readonly #track: TrackFault

  constructor(parts: ClusterParts<Client>, track: TrackFault) {
    super(parts)
    this.#track = track
  }

  async kill(node: Node<Client>): Promise<Fault> {
    return this.#track(await kill(node))
  }

  async pause(node: Node<Client>): Promise<Fault> {
    return this.#track(await pause(node))
  }

  async partition(a: Node<Client>, b: Node<Client>, options?: PartitionOptions): Promise<Fault> {
    return this.#track(partition(this, a, b, options))
  }

  async isolate(node: Node<Client>, options?: PartitionOptions): Promise<Fault> {
    return this.#track(isolate(this, node, options))
  }

  async partitionRing(options?: PartitionOptions): Promise<Fault> {
    return this.#track(partitionRing(this, options))
  }

  async partitionBridge(bridge: Node<Client>, options?: PartitionOptions): Promise<Fault> {
    return this.#track(partitionBridge(this, bridge, options))
  }

  async slow(a: Node<Client>, b: Node<Client>, options: SlowOptions): Promise<Fault> {
    return this.#track(slow(this, a, b, options))
  }

  async reset(a: Node<Client>, b: Node<Client>): Promise<Fault> {
    return this.#track(reset(this, a, b))
  }

  async silence(a: Node<Client>, b: Node<Client>): Promise<Fault> {
    return this.#track(silence(this, a, b))
  }

  async firewall(a: Node<Client>, b: Node<Client>, options?: FirewallOptions): Promise<Fault> {
    return this.#track(await firewall(this, a, b, options))
  }

  async delayNode(node: Node<Client>, options: { delayMs: number; jitterMs?: number }): Promise<Fault> {
    return this.#track(await delayNode(this, node, options))
  }

  async disconnect(node: Node<Client>): Promise<Fault> {
    return this.#track(await disconnect(this, node))
  }

  async failDisk(node: Node<Client>, rule: Readonly<Record<string, unknown>>): Promise<Fault> {
    return this.#track(await failCalls(node, 'fs', rule))
  }

  async failNetwork(node: Node<Client>, rule: Readonly<Record<string, unknown>>): Promise<Fault> {
    return this.#track(await failCalls(node, 'net', rule))
  }

  async skewClock(node: Node<Client>, offsetMs: number): Promise<Fault> {
    return this.#track(await skewClock(node, offsetMs))
  }
}
