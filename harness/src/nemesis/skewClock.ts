import { HarnessError } from '../base/errors.ts'
import { type Fault, openFault } from '../base/fault.ts'
import type { Node } from '../cluster/node.ts'

/** What a node's wall clock says instead of the time. */
export type ClockBend =
  /** Ahead by so much; behind if negative. */
  | { readonly offsetMs: number }
  /** The time at which the fault opened, or this one, ms since the epoch: so that several clocks show the same. */
  | { readonly standsStill: true | number }
  /** Right for `everyMs`, off by `strobeMs` for as long, and so on. */
  | { readonly strobeMs: number; readonly everyMs: number }

/** Bends a node's wall clock. Its effect is each reading that was moved. Throws BAD_USAGE for a bend that does nothing, FAULT_FAILED without the preload. */
export async function skewClock<Client>(node: Node<Client>, bend: number | ClockBend): Promise<Fault> {
  const rule = typeof bend === 'number' ? { offsetMs: bend } : bend
  const said = wordsOf(rule)
  await node.demandPreload('its clock cannot be moved')
  const armed = await node.control.arm({ family: 'clock', rule })
  return openFault({
    name: `clock of ${node.name} ${said}`,
    kind: 'clock',
    targets: [node.name],
    counts: armed.counts,
    heal: () => armed.disarm(),
  })
}

function wordsOf(rule: ClockBend): string {
  if ('standsStill' in rule) {
    if (rule.standsStill === true || Number.isFinite(rule.standsStill)) return 'stands still'
    throw new HarnessError('BAD_USAGE', `A clock stands still at once, or at a time in ms, not at ${rule.standsStill}.`)
  }
  if ('strobeMs' in rule) {
    const { strobeMs, everyMs } = rule
    if (isMove(strobeMs) && everyMs >= 1) return `${signed(strobeMs)} every other ${everyMs} ms`
    throw new HarnessError(
      'BAD_USAGE',
      `A strobing clock needs strobeMs, not 0, and everyMs from 1, not ${strobeMs} and ${everyMs}.`,
    )
  }
  if (isMove(rule.offsetMs)) return signed(rule.offsetMs)
  throw new HarnessError('BAD_USAGE', `A clock is moved by so many ms, back if negative, not by ${rule.offsetMs}.`)
}

const isMove = (ms: number) => Number.isFinite(ms) && ms !== 0
const signed = (ms: number) => `${ms > 0 ? '+' : ''}${ms} ms`
