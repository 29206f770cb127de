import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { type Fault, openFault } from '../base/fault.ts'
import type { Random } from '../base/seed.ts'
import type { Node } from '../cluster/node.ts'
import { readDiskJournal } from './diskJournal.ts'
import { type Lost, rewind } from './rewind.ts'

/**
 * SIGKILL, and then the disk as a cut of the power may leave it: what was synced, and of the rest what chance spares, also of what
 * lives before have left unsynced that were only killed. The heal starts the next incarnation. Throws BAD_USAGE for a cluster without `powerCuts`, FAULT_FAILED where the node's changes were
 * not all journaled.
 */
export async function powerCut<Client>(node: Node<Client>, random: Random): Promise<Fault> {
  const { diskJournal: folder } = node
  if (folder === undefined) {
    throw new HarnessError(
      'BAD_USAGE',
      `The power of ${node.name} cannot be cut: start its cluster with powerCuts: true.`,
    )
  }
  const blind = node.control.notices().filter((notice) => /disk journal|meet no fault/.test(notice))
  if (blind.length > 0) {
    throw new HarnessError('FAULT_FAILED', `The power of ${node.name} cannot be cut truthfully: ${blind.join('; ')}.`)
  }
  const wasRunning = node.running
  const exit = await node.kill()
  const killed = wasRunning && exit.signal === 'SIGKILL' ? 1 : 0
  // What a node that was down had left in the caches of the kernel is lost as well.
  const lost = killed > 0 ? loseUnsynced(node, folder, random) : loseLeft(folder, random)
  const fault = openFault({
    name: `cut the power of ${node.name}`,
    kind: 'powerCut',
    targets: [node.name],
    counts: () => ({ killed, ...lost }),
    effects: () => killed || (lost?.changesUnsynced ?? 0),
    heal: async () => {
      if (!node.running) await node.start()
    },
  })
  // A start that fails is told to whoever asked for it: the heal, or the test that started the node.
  node.nextLife.then(fault.heal).catch(() => {})
  return fault
}

function loseUnsynced<Client>(node: Node<Client>, folder: string, random: Random): Lost | undefined {
  const lost = loseLeft(folder, random)
  if (lost) return lost
  // A later life may have been killed before it came to load anything.
  if (node.incarnation > 1) return undefined
  throw new HarnessError(
    'FAULT_FAILED',
    `${node.name} left no disk journal, so what it had not synced is not known: does its system load the preload of fixtures/faults?`,
  )
}

/** From the next start on, what is there is what the disk holds. */
function loseLeft(folder: string, random: Random): Lost | undefined {
  const journal = readDiskJournal(folder)
  const lost = journal && rewind(journal, random)
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
  return lost
}
