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

/** The fault with the leader in the first place; what lay there takes the leader's. */
export function aimedAt(fault: ScheduledFault, leader: string | undefined): ScheduledFault {
  const [first] = fault.targets
  if (leader === undefined || first === undefined || first === leader) return fault
  const targets = fault.targets.map((name, at) => (at === 0 ? leader : name === leader ? first : name))
  return { ...fault, targets }
}
