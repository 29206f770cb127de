import type { Fault } from '../base/fault.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import type { Rule } from '../network/rule.ts'
import { imposeRule } from './impose.ts'

export interface SlowOptions {
  /** Added to every chunk, one way. */
  delayMs?: number
  /** Up to so much more or less, drawn from the seed; chunks never overtake one another. */
  jitterMs?: number
  /** Shared by all connections of a link. */
  bytesPerSecond?: number
  /** How long the end of a connection is kept from the other side. */
  closeDelayMs?: number
  oneWay?: boolean
}

/** Delays bytes between two nodes, limits their rate, keeps closes back; what is asked for together holds together. */
export function slow<Client>(cluster: Cluster<Client>, a: Node<Client>, b: Node<Client>, options: SlowOptions): Fault {
  const links = options.oneWay ? [cluster.link(a, b)] : [cluster.link(a, b), cluster.link(b, a)]
  const name = `slow ${a.name} ${options.oneWay ? '->' : '|'} ${b.name}`
  return imposeRule({ name, kind: 'slow', targets: [a.name, b.name], links, rules: rulesFor(cluster, options) })
}

function rulesFor<Client>(cluster: Cluster<Client>, options: SlowOptions): Rule[] {
  const { delayMs, jitterMs, bytesPerSecond, closeDelayMs } = options
  const jitter = jitterMs === undefined ? {} : { jitterMs }
  const rules: Rule[] = [
    ...(delayMs === undefined
      ? []
      : [{ type: 'delay', ms: delayMs, ...jitter, random: cluster.seed.stream('slow') } as const]),
    ...(bytesPerSecond === undefined ? [] : [{ type: 'rate', bytesPerSecond } as const]),
    ...(closeDelayMs === undefined ? [] : [{ type: 'slowClose', ms: closeDelayMs } as const]),
  ]
  if (rules.length === 0 || (jitterMs !== undefined && delayMs === undefined)) {
    throw new TypeError('slow() needs one of delayMs, bytesPerSecond or closeDelayMs; jitterMs needs delayMs')
  }
  return rules
}
