import { type Fault, openFault } from '../base/fault.ts'
import type { Node } from '../cluster/node.ts'

/** SIGKILL. The heal starts the next incarnation and waits until it serves; a test that starts the node heals it as well. */
export async function kill<Client>(node: Node<Client>): Promise<Fault> {
  const wasRunning = node.running
  const exit = await node.kill()
  const killed = wasRunning && exit.signal === 'SIGKILL' ? 1 : 0
  const fault = openFault({
    name: `kill ${node.name}`,
    kind: 'kill',
    targets: [node.name],
    counts: () => ({ killed }),
    heal: async () => {
      if (!node.running) await node.start()
    },
  })
  // A start that fails is told to whoever asked for it: the heal, or the test that started the node.
  node.nextLife.then(fault.heal).catch(() => {})
  return fault
}
