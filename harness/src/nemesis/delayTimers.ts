import { HarnessError } from '../base/errors.ts'
import { type Fault, openFault } from '../base/fault.ts'
import type { Node } from '../cluster/node.ts'

export interface LateTimers {
  /** How much later a callback comes. */
  readonly ms: number
  /** Timers that were set to at least this long, ms; all if left out. */
  readonly fromMs?: number
  /** And to at most this long, ms. */
  readonly toMs?: number
}

/**
 * Callbacks of a node's own timers come late, while its sockets and disk go on: a heartbeat or a lease is renewed after its deadline though
 * data flows. Its effect is each callback that came late. Throws BAD_USAGE, FAULT_FAILED without the preload.
 */
export async function delayTimers<Client>(node: Node<Client>, rule: LateTimers): Promise<Fault> {
  const { ms, fromMs = 0, toMs = Number.POSITIVE_INFINITY } = rule
  if (!(ms >= 1 && Number.isFinite(ms)) || !(fromMs >= 0 && fromMs <= toMs)) {
    throw new HarnessError(
      'BAD_USAGE',
      `Timers are delayed by ms from 1, from fromMs to toMs, not by ${JSON.stringify(rule)}.`,
    )
  }
  await node.demandPreload('its timers cannot be delayed')
  const armed = await node.control.arm({ family: 'timers', rule })
  return openFault({
    name: `timers of ${node.name} ${ms} ms late`,
    kind: 'timers',
    targets: [node.name],
    counts: armed.counts,
    heal: () => armed.disarm(),
  })
}
