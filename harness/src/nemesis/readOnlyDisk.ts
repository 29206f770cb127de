import { HarnessError } from '../base/errors.ts'
import { type Fault, openFault } from '../base/fault.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/node.ts'

/**
 * The node's data folder can only be read: making, renaming and removing files fails with EROFS, and so does opening one for
 * writing, also in the node's next lives. A file that is open for writing already goes on being written; to fail those writes
 * too, use failDisk. Throws PLATFORM_LACKS where the runtime cannot.
 */
export async function readOnlyDisk<Client>({ runtime }: Cluster<Client>, node: Node<Client>): Promise<Fault> {
  if (!runtime.kernelDisk || !runtime.can.has('readOnlyDisk')) {
    throw new HarnessError(
      'PLATFORM_LACKS',
      `The ${runtime.name} runtime cannot make a disk read-only here; run with --runtime docker, after npm run images, or use failDisk with EROFS.`,
    )
  }
  const imposed = await runtime.kernelDisk.makeReadOnly(node.plan.reach.host, node.plan.dataFolder)
  return openFault({
    name: `read-only disk of ${node.name}`,
    kind: 'readOnlyDisk',
    targets: [node.name],
    // Of these one is the harness's own try, which the kernel refused: what the node is refused nobody counts.
    counts: imposed.counts,
    heal: () => imposed.lift(),
  })
}
