import type { Fault } from '../base/fault.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import { imposeRule } from './impose.ts'

/** Resets the connections between two nodes (RST), those open now and those opened later, until healed. */
export function reset<Client>(cluster: Cluster<Client>, a: Node<Client>, b: Node<Client>): Fault {
  return imposeRule({
    name: `reset ${a.name} | ${b.name}`,
    kind: 'reset',
    targets: [a.name, b.name],
    links: [cluster.link(a, b), cluster.link(b, a)],
    rules: [{ type: 'reset' }],
  })
}

/**
 * Makes the connections open between two nodes fall silent for good: no byte and no close arrives any more,
 * as behind a NAT that forgot them. New connections pass. Only a heartbeat can notice.
 */
export function silence<Client>(cluster: Cluster<Client>, a: Node<Client>, b: Node<Client>): Fault {
  return imposeRule({
    name: `silence ${a.name} | ${b.name}`,
    kind: 'silence',
    targets: [a.name, b.name],
    links: [cluster.link(a, b), cluster.link(b, a)],
    rules: [{ type: 'silence' }],
  })
}
