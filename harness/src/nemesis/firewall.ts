import { HarnessError } from '../base/errors.ts'
import { type Fault, openFault } from '../base/fault.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'
import type { KernelNetwork, PacketImposition, PacketRule } from '../runtime/kernelNetwork.ts'
import { sumCounts } from './impose.ts'
import { slow } from './slow.ts'

export interface FirewallOptions {
  /**
   * Only packets from the first to the second. TCP needs answers to what it sends, so bytes stop both ways for connections that
   * live; for "the request arrives, the answer is lost" use a one-way partition of the links.
   */
  oneWay?: boolean
  /** Lose each packet with this probability instead of all. */
  lossRatio?: number
  /** Drop what comes faster instead of all. The kernel hands on up to 64 KB as one packet: at lower rates some pass that should not. */
  bytesPerSecond?: number
  /** Answer with a reset instead of silence. */
  reject?: boolean
}

/**
 * Stops packets between two nodes in the kernel of each, below TCP: unacknowledged bytes are sent again ever more seldom, so a
 * connection may come back seconds after the heal. Throws PLATFORM_LACKS where the runtime has no firewall.
 */
export async function firewall<Client>(
  cluster: Cluster<Client>,
  a: Node<Client>,
  b: Node<Client>,
  options: FirewallOptions = {},
): Promise<Fault> {
  const kernel = kernelNetworkOf(cluster)
  const effect = effectOf(options)
  const ways = options.oneWay ? [[a, b]] : [[a, b], [b, a]] // biome-ignore format: pairs read best on a line
  const rules = ways.flatMap(([from, to]) => rulesFor(from as Node<Client>, to as Node<Client>, effect))
  const impositions = await imposeAll(kernel, rules)
  const arrow = options.oneWay ? '->' : '|'
  return openFault({
    name: `firewall ${effect.type} ${a.name} ${arrow} ${b.name}`,
    kind: 'firewall',
    targets: [a.name, b.name],
    backend: 'firewall',
    counts: () => sumCounts(impositions.map((imposition) => imposition.counts())),
    heal: () => liftAll(impositions),
  })
}

/**
 * Delays what a node sends to its peers. The kernel does it where it can (netem), else the harness's links; the fault's backend says
 * which of the two served.
 */
export async function delayNode<Client>(
  cluster: Cluster<Client>,
  node: Node<Client>,
  options: { delayMs: number; jitterMs?: number },
): Promise<Fault> {
  const { delayMs, jitterMs = 0 } = options
  const delayed = await cluster.runtime.kernelNetwork?.delay(node.plan.reach.host, delayMs, jitterMs)
  if (delayed) {
    return openFault({
      name: `delay ${node.name} by ${delayMs} ms in the kernel`,
      kind: 'netem',
      targets: [node.name],
      backend: 'netem',
      counts: delayed.counts,
      heal: () => delayed.lift(),
    })
  }
  const others = cluster.nodes.filter((other) => other !== node)
  const faults = others.map((other) => slow(cluster, node, other, { ...options, oneWay: true }))
  return openFault({
    name: `delay ${node.name} by ${delayMs} ms on its links`,
    kind: 'slow',
    targets: [node.name, ...others.map((other) => other.name)],
    backend: 'links',
    counts: () => sumCounts(faults.map((fault) => fault.counts())),
    effects: () => faults.reduce((sum, fault) => sum + fault.effects(), 0),
    heal: async () => {
      for (const fault of faults) await fault.heal()
    },
  })
}

export function kernelNetworkOf<Client>({ runtime }: Cluster<Client>): KernelNetwork {
  if (runtime.kernelNetwork && runtime.can.has('firewall')) return runtime.kernelNetwork
  throw new HarnessError(
    'PLATFORM_LACKS',
    `The ${runtime.name} runtime has no firewall here; run with --runtime docker, after npm run images.`,
  )
}

function effectOf({ lossRatio, bytesPerSecond, reject }: FirewallOptions): PacketRule['effect'] {
  if (lossRatio !== undefined) return { type: 'lose', lossRatio }
  if (bytesPerSecond !== undefined) return { type: 'police', bytesPerSecond }
  return reject ? { type: 'reject' } : { type: 'drop' }
}

/**
 * Peers speak through each other's door. Bytes of one to the other leave it where it dialled the other's door, and reach the
 * other as an answer where the other dialled.
 */
function rulesFor<Client>(from: Node<Client>, to: Node<Client>, effect: PacketRule['effect']): [string, PacketRule][] {
  return [
    [from.plan.reach.host, { direction: 'out', peer: to.plan.advertised, effect }],
    // A reset can only answer what a node sends.
    ...(effect.type === 'reject'
      ? []
      : ([[to.plan.reach.host, { direction: 'in', peer: from.plan.advertised, effect }]] as [string, PacketRule][])),
  ]
}

/** In parallel, and with nothing left in force when one of them fails. */
async function imposeAll(kernel: KernelNetwork, rules: readonly [string, PacketRule][]): Promise<PacketImposition[]> {
  const byHost = Map.groupBy(rules, ([host]) => host)
  const results = await Promise.allSettled(
    [...byHost].map(([host, own]) =>
      kernel.impose(
        host,
        own.map(([, rule]) => rule),
      ),
    ),
  )
  const imposed = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.find((result) => result.status === 'rejected')
  if (!failed) return imposed
  await liftAll(imposed)
  throw failed.reason
}

async function liftAll(impositions: readonly PacketImposition[]): Promise<void> {
  await Promise.all(impositions.map((imposition) => imposition.lift()))
}
