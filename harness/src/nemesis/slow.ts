import type { Fault } from '../base/fault.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import type { Rule } from '../network/rule.ts'
import { imposeRule } from './impose.ts'

export interface SlowOptions {
  /** Added to every chunk, one way. */
  delayMs?: number
  /** Up to so much more, drawn from the seed; chunks never overtake one another. */
  jitterMs?: number
  /** Shared by all connections of a link. */
  bytesPerSecond?: number
  /** How long the end of a connection is kept from the other side. */
  closeDelayMs?: number
  oneWay?: boolean
}

/** Delays bytes between two nodes, or limits their rate. */
export function slow<Client>(cluster: Cluster<Client>, a: Node<Client>, b: Node<Client>, options: SlowOptions): Fault {
  const links = options.oneWay ? [cluster.link(a, b)] : [cluster.link(a, b), cluster.link(b, a)]
  const name = `slow ${a.name} ${options.oneWay ? '->' : '|'} ${b.name}`
  return imposeRule({ name, kind: 'slow', targets: [a.name, b.name], links, rule: ruleFor(cluster, options) })
}

function ruleFor<Client>(cluster: Cluster<Client>, options: SlowOptions): Rule {
  if (options.bytesPerSecond !== undefined) return { type: 'rate', bytesPerSecond: options.bytesPerSecond }
  if (options.closeDelayMs !== undefined) return { type: 'slowClose', ms: options.closeDelayMs }
  if (options.delayMs === undefined) {
    throw new TypeError('slow() needs one of delayMs, bytesPerSecond or closeDelayMs')
  }
  const jitter = options.jitterMs === undefined ? {} : { jitterMs: options.jitterMs }
  return { type: 'delay', ms: options.delayMs, ...jitter, random: cluster.seed.stream('slow') }
}
