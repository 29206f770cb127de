import { nowMs } from '../base/clock.ts'
import { type Fault, openFault } from '../base/fault.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import { kernelNetworkOf } from './firewall.ts'

/**
 * Pulls a node's cable: its only network interface is gone, for its peers and for the test, until the heal gives it back with the
 * same address. Throws PLATFORM_LACKS where the runtime has no networks of its own.
 */
export async function disconnect<Client>(cluster: Cluster<Client>, node: Node<Client>): Promise<Fault> {
  const connect = await kernelNetworkOf(cluster).disconnect(node.plan.reach.host)
  const startedAt = nowMs()
  let disconnectedMs: number | undefined
  return openFault({
    name: `disconnect ${node.name}`,
    kind: 'disconnect',
    targets: [node.name],
    backend: 'engine',
    counts: () => ({ disconnectedMs: disconnectedMs ?? nowMs() - startedAt }),
    // The engine took the interface away, or there would be no fault.
    effects: () => 1,
    heal: async () => {
      await connect()
      disconnectedMs = nowMs() - startedAt
    },
  })
}
