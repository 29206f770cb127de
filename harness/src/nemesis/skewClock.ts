import { HarnessError } from '../base/errors.ts'
import { type Fault, openFault } from '../base/fault.ts'
import type { Node } from '../cluster/node.ts'

/** Moves a node's wall clock by so many ms, back if negative. Its effect is each reading that was moved. */
export async function skewClock<Client>(node: Node<Client>, offsetMs: number): Promise<Fault> {
  if (!Number.isFinite(offsetMs) || offsetMs === 0) {
    throw new HarnessError('BAD_USAGE', `A clock is moved by so many ms, back if negative, not by ${offsetMs}.`)
  }
  await node.demandPreload('its clock cannot be moved')
  const armed = await node.control.arm({ family: 'clock', rule: { offsetMs } })
  return openFault({
    name: `clock of ${node.name} ${offsetMs > 0 ? '+' : ''}${offsetMs} ms`,
    kind: 'clock',
    targets: [node.name],
    counts: armed.counts,
    heal: () => armed.disarm(),
  })
}
