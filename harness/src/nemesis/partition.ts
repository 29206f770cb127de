import type { Fault } from '../base/fault.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import type { Link } from '../network/link.ts'
import { imposeRule } from './impose.ts'

export interface PartitionOptions {
  /** Cut only the bytes from the first to the second. */
  oneWay?: boolean
  /** hold keeps the bytes and delivers them on heal (default); drop swallows them and resets the connection on heal. */
  how?: 'hold' | 'drop'
}

type Pair<Client> = readonly [Node<Client>, Node<Client>]

/** Refuses bytes between two nodes. */
export function partition<Client>(
  cluster: Cluster<Client>,
  a: Node<Client>,
  b: Node<Client>,
  options: PartitionOptions = {},
): Fault {
  const name = options.oneWay ? `partition ${a.name} -> ${b.name}` : `partition ${a.name} | ${b.name}`
  return cut(cluster, [[a, b]], name, options)
}

/** Cuts one node off from all the rest. */
export function isolate<Client>(cluster: Cluster<Client>, node: Node<Client>, options: PartitionOptions = {}): Fault {
  const pairs = others(cluster, node).map((other): Pair<Client> => [node, other])
  return cut(cluster, pairs, `isolate ${node.name}`, options)
}

/** Each node reaches only its two neighbours in the order of their names: majorities exist, but all differ. */
export function partitionRing<Client>(cluster: Cluster<Client>, options: PartitionOptions = {}): Fault {
  const count = cluster.nodes.length
  const pairs = allPairs(cluster).filter(([a, b]) => {
    const apart = Math.abs(a.plan.index - b.plan.index)
    return apart !== 1 && apart !== count - 1
  })
  return cut(cluster, pairs, 'partition ring', options)
}

/** Two halves that reach each other only through one node, the bridge. */
export function partitionBridge<Client>(
  cluster: Cluster<Client>,
  bridge: Node<Client>,
  options: PartitionOptions = {},
): Fault {
  const rest = others(cluster, bridge)
  const half = Math.floor(rest.length / 2)
  const pairs = rest.slice(0, half).flatMap((a) => rest.slice(half).map((b): Pair<Client> => [a, b]))
  return cut(cluster, pairs, `partition bridged by ${bridge.name}`, options)
}

function cut<Client>(
  cluster: Cluster<Client>,
  pairs: readonly Pair<Client>[],
  name: string,
  options: PartitionOptions,
): Fault {
  const links: Link[] = pairs.flatMap(([a, b]) =>
    options.oneWay ? [cluster.link(a, b)] : [cluster.link(a, b), cluster.link(b, a)],
  )
  if (links.length === 0) throw new RangeError(`"${name}" cuts no link in a cluster of ${cluster.nodes.length} nodes`)
  const targets = [...new Set(pairs.flatMap(([a, b]) => [a.name, b.name]))]
  return imposeRule({ name, kind: 'partition', targets, links, rules: [{ type: options.how ?? 'hold' }] })
}

function others<Client>(cluster: Cluster<Client>, node: Node<Client>): Node<Client>[] {
  return cluster.nodes.filter((other) => other !== node)
}

function allPairs<Client>(cluster: Cluster<Client>): Pair<Client>[] {
  return cluster.nodes.flatMap((a, at) => cluster.nodes.slice(at + 1).map((b): Pair<Client> => [a, b]))
}
