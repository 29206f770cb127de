import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Seed } from '@breakwater/harness'
import type { StartedStore } from '../fixtures/systems/objectStore/conformance/subject.ts'
import { objectStore } from '../fixtures/systems/objectStore/system.ts'
import { GuardRun } from '../harness/src/run/guardRun.ts'
import { openContainerRuntime } from '../harness/src/runtime/container.ts'

export interface StoreInContainer extends StartedStore {
  /** What the store calls itself. */
  readonly server: string
}

/** The variant that BREAKWATER_OBJECT_STORE names, started by the harness. */
export async function startStoreInContainer(): Promise<StoreInContainer> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-self-'))
  const about = { id: 'SELF-1', title: 'SELF-1 an object store in a container', seed: new Seed(71) }
  const run = new GuardRun({ ...about, folder, openRuntime: openContainerRuntime })
  const end = async () => {
    const problems = await run.close()
    await rm(folder, { recursive: true, force: true })
    if (problems.length > 0) throw new AggregateError(problems, problems.map(({ message }) => message).join('\n'))
  }
  try {
    const cluster = await run.startCluster({ system: objectStore, nodes: 1 })
    const [node] = cluster.nodes
    const { host, port } = node.plan.reach
    return {
      endpoint: `http://${host}:${port}`,
      server: (await node.client.status()).server,
      kill: async () => void (await node.kill()),
      start: () => node.start(),
      [Symbol.asyncDispose]: end,
    }
  } catch (error) {
    await end()
    throw error
  }
}
