import { HarnessError } from '../base/errors.ts'
import type { BreakableCluster } from '../run/breakableCluster.ts'
import type { GuardRun } from '../run/guardRun.ts'

/** What a cluster that is to be equal may still have on its way when all that was acknowledged has arrived, ms. Only one that differs takes it. */
const settlingMs = 10_000

/**
 * Records what each node says of its content, once they are equal or have had time for it. Whether they are is the checker's to
 * say. Throws what else goes wrong in the wait: a node that does not tell.
 */
export async function observeLastDigests<Client>(
  { cluster, run }: { cluster: BreakableCluster<Client>; run: GuardRun },
  digest: (client: Client) => Promise<unknown>,
): Promise<void> {
  let rounds = 1
  try {
    await cluster.converged(settlingMs)
  } catch (error) {
    if (!(error instanceof HarnessError && error.code === 'BUDGET_SPENT')) throw error
    run.progress(error.message)
    // Spent, because they differ or because one of them would not tell? The latter throws again here.
    await cluster.digests()
    // Read twice they were seen to differ at one time: what is undecided cannot have landed between two looks.
    rounds = 2
  }
  for (let round = 0; round < rounds; round++) {
    for (const node of cluster.nodes) {
      await run.recorder.observe({ node: node.name, what: 'digest' }, () => digest(node.client))
    }
  }
}
