import { type Fault, type FaultCounts, openFault } from '../base/fault.ts'
import type { Node } from '../cluster/node.ts'
import type { FaultFamily } from '../runtime/control.ts'

/** Makes a node's own disk or network calls fail, stall or come back short, through the preload inside it. */
export async function failCalls<Client>(
  node: Node<Client>,
  family: Exclude<FaultFamily, 'clock'>,
  rule: Readonly<Record<string, unknown>>,
): Promise<Fault> {
  const armed = await node.control.arm({ family, rule })
  return openFault({
    name: `fail ${family} calls of ${node.name}`,
    kind: 'failCalls',
    targets: [node.name],
    counts: armed.counts,
    effects: () => effectsOf(armed.counts()),
    heal: () => armed.disarm(),
  })
}

/** Counted, but no effect: calls that matched and were let through, and those that could not be held. */
const noEffect = new Set(['callsMatched', 'syncCallsNotHeld', 'callsReleased'])

function effectsOf(counts: FaultCounts): number {
  return Object.entries(counts)
    .filter(([name]) => !noEffect.has(name))
    .reduce((sum, [, count]) => sum + count, 0)
}
