import type { Fault } from '../base/fault.ts'
import { Cluster, type ClusterParts } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import type { DiskRule, NetworkRule } from '../nemesis/callRules.ts'
import { type DamageOptions, damageFile } from '../nemesis/damageFile.ts'
import { delayTimers, type LateTimers } from '../nemesis/delayTimers.ts'
import { disconnect } from '../nemesis/disconnect.ts'
import { type CallsFault, failCalls } from '../nemesis/failCalls.ts'
import { delayNode, type FirewallOptions, firewall } from '../nemesis/firewall.ts'
import { kill } from '../nemesis/kill.ts'
import { failObjectStore, type OutageOptions, objectStoreOutage } from '../nemesis/objectStore.ts'
import { ObjectStoreDoor } from '../nemesis/objectStoreDoor.ts'
import type { ObjectStoreRule } from '../nemesis/objectStoreRule.ts'
import { isolate, type PartitionOptions, partition, partitionBridge, partitionRing } from '../nemesis/partition.ts'
import { pause } from '../nemesis/pause.ts'
import { type PowerCutOptions, powerCut } from '../nemesis/powerCut.ts'
import { readOnlyDisk } from '../nemesis/readOnlyDisk.ts'
import { reset, silence } from '../nemesis/reset.ts'
import { type ClockBend, skewClock } from '../nemesis/skewClock.ts'
import { type SlowOptions, slow } from '../nemesis/slow.ts'
import { type Starving, starve } from '../nemesis/starve.ts'

/** Where opened faults are written down. */
export type TrackFault = <F extends Fault>(fault: F) => F

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
  #damages = 0
  readonly #storeDoors = new Map<string, Promise<ObjectStoreDoor>>()

  constructor(parts: ClusterParts<Client>, track: TrackFault) {
    super(parts)
    this.#track = track
  }

  async kill(node: Node<Client>): Promise<Fault> {
    return this.#track(await kill(node))
  }

  /** Kills the node, and takes from its disk what was not synced, by the seed. Its cluster needs `powerCuts: true`. */
  async powerCut(node: Node<Client>, options?: PowerCutOptions): Promise<Fault> {
    const random = this.seed.stream(`powerCut ${node.name} ${node.incarnation}`)
    return this.#track(await powerCut(node, random, options))
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

  async failDisk(node: Node<Client>, rule: DiskRule): Promise<CallsFault> {
    return this.#track(await failCalls(node, 'fs', rule))
  }

  /** Flips a bit of a file of the node, or damages more of it: which and where, the seed decides. The heal puts back what was there. */
  async damageFile(node: Node<Client>, options: DamageOptions): Promise<Fault> {
    return this.#track(damageFile(node, options, this.seed.stream(`damageFile ${node.name} ${++this.#damages}`)))
  }

  async readOnlyDisk(node: Node<Client>): Promise<Fault> {
    return this.#track(await readOnlyDisk(this, node))
  }

  async failNetwork(node: Node<Client>, rule: NetworkRule): Promise<Fault> {
    return this.#track(await failCalls(node, 'net', rule))
  }

  /** By so many ms, or as the bend says: standing still, strobing. */
  async skewClock(node: Node<Client>, bend: number | ClockBend): Promise<Fault> {
    return this.#track(await skewClock(node, bend))
  }

  async delayTimers(node: Node<Client>, rule: LateTimers): Promise<Fault> {
    return this.#track(await delayTimers(node, rule))
  }

  async starve(node: Node<Client>, options: Starving): Promise<Fault> {
    return this.#track(starve(node, options))
  }

  /**
   * What clients are given whose calls to this object store are to fail: a door that understands HTTP, opened when it is first asked
   * for, at the same address over all lives of the node. The node's own client goes past it. Throws ABILITY_MISSING.
   */
  async objectStoreEndpoint(node: Node<Client>): Promise<string> {
    return (await this.#storeDoor(node)).endpoint
  }

  /** Calls that come through the node's `objectStoreEndpoint` fail, stall or lose their answer. Throws ABILITY_MISSING. */
  async failObjectStore(node: Node<Client>, rule: ObjectStoreRule): Promise<Fault> {
    return this.#track(failObjectStore(await this.#storeDoor(node), rule))
  }

  /** The store cannot be reached through the node's `objectStoreEndpoint`. Throws ABILITY_MISSING. */
  async objectStoreOutage(node: Node<Client>, options?: OutageOptions): Promise<Fault> {
    return this.#track(objectStoreOutage(await this.#storeDoor(node), options))
  }

  override async abandon(): Promise<void> {
    await this.#closeStoreDoors()
    await super.abandon()
  }

  override async close(): Promise<string[]> {
    await this.#closeStoreDoors()
    return super.close()
  }

  async #storeDoor(node: Node<Client>): Promise<ObjectStoreDoor> {
    this.ability('speaksS3')
    const open = this.#storeDoors.get(node.name) ?? this.#openStoreDoor(node)
    this.#storeDoors.set(node.name, open)
    return open
  }

  /** Where the node's other door listens, on a port of its own: nodes reach it, in containers too, and nobody else does. */
  async #openStoreDoor({ name, plan }: Node<Client>): Promise<ObjectStoreDoor> {
    const at = { host: plan.advertised.host, port: 0 }
    return ObjectStoreDoor.open({ at, target: plan.reach, random: this.seed.stream(`objectStore ${name}`), name })
  }

  async #closeStoreDoors(): Promise<void> {
    const doors = await Promise.allSettled(this.#storeDoors.values())
    this.#storeDoors.clear()
    for (const door of doors) if (door.status === 'fulfilled') await door.value.close()
  }
}
