import { awaitReading } from '../base/awaitReading.ts'
import type { Budget } from '../base/budget.ts'
import { after } from '../base/clock.ts'
import type { Node } from '../cluster/node.ts'
import type { History } from '../history/history.ts'
import type { Link } from '../network/link.ts'

/** Something that happens once; a fault opens on it. */
export type Trigger = () => Promise<void>

/** So long after now, ms. */
export function afterMs(ms: number): Trigger {
  return () => after(ms)
}

/** When so many operations have been acknowledged, of one kind if named. */
export function acknowledged(history: History, count: number, budget: number | Budget, kind?: string): Trigger {
  return async () => {
    await awaitReading({
      what: `${count} acknowledged ${kind ?? 'operations'}`,
      budget,
      probe: () => history.acknowledged(kind).length,
      until: (seen) => seen >= count,
      everyMs: 1,
    })
  }
}

/** When a link has carried so many bytes more than now. */
export function carried(link: Link, bytes: number, budget: number | Budget): Trigger {
  const start = link.bytesPassed
  return async () => {
    await awaitReading({
      what: `${bytes} bytes from ${link.from} to ${link.to}`,
      budget,
      probe: () => link.bytesPassed - start,
      until: (seen) => seen >= bytes,
      everyMs: 1,
    })
  }
}

/** When the node's current incarnation logs such a line. */
export function logged<Client>(node: Node<Client>, pattern: string | RegExp, budget: number | Budget): Trigger {
  return async () => {
    await node.log.awaitLine(pattern, budget)
  }
}

/** Waits for the trigger, then opens the fault. */
export async function openWhen<T>(trigger: Trigger, open: () => T | Promise<T>): Promise<T> {
  await trigger()
  return await open()
}
