import type { Fault } from '../base/fault.ts'
import type { Node } from '../cluster/node.ts'
import { families } from '../nemesis/faultFamily.ts'
import type { FamilyName, FamilyOptions, ScheduledFault } from '../nemesis/schedule.ts'
import type { BreakableCluster } from './breakableCluster.ts'

type Open<Name extends FamilyName> = <Client>(
  cluster: BreakableCluster<Client>,
  targets: readonly [Node<Client>, Node<Client>],
  options: FamilyOptions[Name],
) => Promise<Fault>

const openers: { readonly [Name in FamilyName]: Open<Name> } = {
  kill: (cluster, [node]) => cluster.kill(node),
  powerCut: (cluster, [node], options) => cluster.powerCut(node, options),
  pause: (cluster, [node]) => cluster.pause(node),
  partition: (cluster, [a, b], options) => cluster.partition(a, b, options),
  oneWay: (cluster, [from, to], options) => cluster.partition(from, to, { ...options, oneWay: true }),
  isolate: (cluster, [node], options) => cluster.isolate(node, options),
  slow: (cluster, [a, b], options) => cluster.slow(a, b, options),
  reset: (cluster, [a, b]) => cluster.reset(a, b),
  silence: (cluster, [a, b]) => cluster.silence(a, b),
  failDisk: (cluster, [node], { rule }) => cluster.failDisk(node, rule),
  damageFile: (cluster, [node], options) => cluster.damageFile(node, options),
  skewClock: (cluster, [node], bend) => cluster.skewClock(node, bend),
  delayTimers: (cluster, [node], rule) => cluster.delayTimers(node, rule),
  starve: (cluster, [node], options) => cluster.starve(node, options),
  firewall: (cluster, [a, b], options) => cluster.firewall(a, b, options),
  disconnect: (cluster, [node]) => cluster.disconnect(node),
  failObjectStore: (cluster, [node], rule) => cluster.failObjectStore(node, rule),
  objectStoreOutage: (cluster, [node], options) => cluster.objectStoreOutage(node, options),
}

/**
 * Opens what a schedule asks for; the cluster records it. `objectStore`: the cluster whose first node faults of an object store
 * are for, where the system is none itself.
 */
export function openScheduled<Client>(
  cluster: BreakableCluster<Client>,
  fault: ScheduledFault,
  objectStore?: BreakableCluster,
): Promise<Fault> {
  const open = openers[fault.family] as Open<FamilyName>
  if (objectStore && families[fault.family].needs?.ability === 'speaksS3') {
    const store = objectStore.node(0)
    return open(objectStore, [store, store], fault.options as never)
  }
  const [first, second = first] = targetsOf(cluster, fault)
  return open(cluster, [first as Node<Client>, second as Node<Client>], fault.options as never)
}

/** The nodes that a fault is aimed at, in its order. */
export function targetsOf<Client>(cluster: BreakableCluster<Client>, fault: ScheduledFault): Node<Client>[] {
  return fault.targets.map((name) => {
    const node = cluster.nodes.find((each) => each.name === name)
    if (!node) throw new RangeError(`the schedule aims ${fault.id} at ${name}, which is no node of this cluster`)
    return node
  })
}
