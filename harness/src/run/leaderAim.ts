import { after } from '../base/clock.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { ScheduledFault } from '../nemesis/schedule.ts'

/** A node that is paused, or busy with an election, is not waited for. */
const answerMs = 250

/** Whom most running nodes take for the leader; undefined when none of them says. */
export async function leaderOf<Client>({ nodes, system }: Cluster<Client>): Promise<string | undefined> {
  const { leader } = system.abilities
  if (!leader) return undefined
  const answers = await Promise.all(
    nodes
      .filter((node) => node.running)
      .map(({ client }) => Promise.race([leader(client).catch(() => undefined), after(answerMs)])),
  )
  const votes = Map.groupBy(
    answers.filter((name) => typeof name === 'string'),
    (name) => name,
  )
  return [...votes].sort(([, one], [, other]) => other.length - one.length)[0]?.[0]
}

/** The fault with this node in the first place; what lay there takes the node's. */
export function aimedAt(fault: ScheduledFault, node: string | undefined): ScheduledFault {
  const [first] = fault.targets
  return node === undefined || first === undefined ? fault : exchanged(fault, first, node)
}

/** The fault with two nodes in each other's place. */
export function exchanged(fault: ScheduledFault, one: string, other: string): ScheduledFault {
  if (one === other) return fault
  const targets = fault.targets.map((name) => (name === one ? other : name === other ? one : name))
  return { ...fault, targets }
}
