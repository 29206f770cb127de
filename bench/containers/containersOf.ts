import { join } from 'node:path'
import { objectStore } from '../../fixtures/systems/objectStore/system.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { howToRun } from '../../harness/src/cluster/howToRun.ts'
import type { NodePlan, System } from '../../harness/src/cluster/system.ts'
import type { ContainerPlan } from '../../harness/src/runtime/runtime.ts'

export const port = 9001

/** One container as the harness would start it, without the harness. */
export interface BareContainer {
  name: string
  dataFolder: string
  command: readonly string[]
  env: Readonly<Record<string, string>>
  plan: ContainerPlan
  /** One probe of the node at this address. */
  ready(host: string): Promise<boolean>
  /** The same probe in the words of testcontainers. */
  answers: { path: string; status: number }
}

/** Three peers and an object store. */
export function containersIn(folder: string): Promise<BareContainer[]> {
  const peers = ['n1', 'n2', 'n3'].map((name) => bare(peer, folder, name, { path: '/ready', status: 200 }))
  const store = bare(objectStore, folder, 's1', { path: '/', status: 403 })
  return Promise.all([...peers, store])
}

async function bare<Client>(
  system: System<Client>,
  folder: string,
  name: string,
  answers: BareContainer['answers'],
): Promise<BareContainer> {
  const everywhere = { host: '0.0.0.0', port }
  const dataFolder = join(folder, name)
  const advertised = { host: name, port }
  const index = Number(name.slice(1))
  const node: NodePlan = { name, index, bind: everywhere, reach: everywhere, advertised, dataFolder }
  const { command, env, container } = await howToRun('docker', system, node, { limits: {}, shared: [dataFolder] })
  const ready = (host: string) => system.ready({ ...node, reach: { host, port } })
  return { name, dataFolder, command, env, plan: container as ContainerPlan, ready, answers }
}
