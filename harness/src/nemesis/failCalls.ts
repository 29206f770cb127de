import { HarnessError } from '../base/errors.ts'
import { type Fault, type FaultCounts, openFault } from '../base/fault.ts'
import type { Node } from '../cluster/node.ts'
import { type CallRules, checkCallRule } from './callRules.ts'

/** Of a rule with `tellPaths`. */
export interface CallsFault extends Fault {
  /** The path of each call that it failed, also of one that was tried again: as many as `counts().callsFailed`. In a container, as it is there. */
  failedPaths(): readonly string[]
}

/** Makes a node's own disk or network calls fail, stall or come back short, through the preload inside it. Throws BAD_USAGE for a rule with names that are not known. */
export async function failCalls<Client, Family extends keyof CallRules>(
  node: Node<Client>,
  family: Family,
  rule: CallRules[Family],
): Promise<CallsFault> {
  checkCallRule(family, rule)
  if ((rule.effect.type as string) === 'dropDirty' && node.diskJournal === undefined) {
    throw new HarnessError(
      'BAD_USAGE',
      `What a failed sync of ${node.name} drops cannot be known: start its cluster with powerCuts: true.`,
    )
  }
  await node.demandPreload(`its ${family} calls cannot be made to fail`)
  const armed = await node.control.arm({ family, rule })
  const fault = openFault({
    name: `fail ${family} calls of ${node.name}`,
    kind: 'failCalls',
    targets: [node.name],
    counts: armed.counts,
    effects: () => effectsOf(armed.counts()),
    heal: () => armed.disarm(),
  })
  return Object.assign(fault, { failedPaths: () => armed.failedPaths() })
}

/**
 * Counted, but no effect: calls that matched and were let through, and those that could not be held. A call that was delayed counts by
 * the time that was added, which may be none.
 */
const noEffect = new Set(['callsMatched', 'syncCallsNotHeld', 'callsReleased', 'callsDelayed', 'writesDelayed'])

function effectsOf(counts: FaultCounts): number {
  return Object.entries(counts)
    .filter(([name]) => !noEffect.has(name))
    .reduce((sum, [, count]) => sum + count, 0)
}
