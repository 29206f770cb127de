import { nowMs } from '../base/clock.ts'
import { type Fault, openFault } from '../base/fault.ts'
import type { Node } from '../cluster/node.ts'

/** SIGSTOP: the process stands still, its sockets stay open and the kernel goes on accepting for it. */
export async function pause<Client>(node: Node<Client>): Promise<Fault> {
  await node.pause()
  const startedAt = nowMs()
  let pausedMs: number | undefined
  return openFault({
    name: `pause ${node.name}`,
    kind: 'pause',
    targets: [node.name],
    counts: () => ({ pausedMs: pausedMs ?? nowMs() - startedAt }),
    // Every thread of it was seen to stand still, or there would be no fault.
    effects: () => 1,
    heal: async () => {
      pausedMs = nowMs() - startedAt
      if (node.running) await node.resume()
    },
  })
}
