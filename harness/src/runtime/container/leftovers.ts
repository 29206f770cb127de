import type Dockerode from 'dockerode'
import { removeContainer } from './containerLife.ts'
import { openEngine } from './engine.ts'
import { isRunnerGone, runLabel } from './labels.ts'

/**
 * Removes containers, networks and volumes of every run whose runner is gone, kept ones included. Returns one line for each.
 * Throws like openEngine().
 */
export async function removeLeftovers(): Promise<string[]> {
  const engine = await openEngine()
  const filters = { label: [runLabel] }
  const removed: string[] = []
  const containers = await engine.listContainers({ all: true, filters })
  await Promise.all(
    containers
      .filter(({ Labels }) => isRunnerGone(Labels))
      .map(async ({ Id, Names }) => {
        await removeContainer(engine.getContainer(Id))
        removed.push(`container ${Names[0]?.replace(/^\//, '') ?? Id.slice(0, 12)}`)
      }),
  )
  for (const { Id, Name, Labels } of await engine.listNetworks({ filters })) {
    if (isRunnerGone(Labels) && (await removedNetwork(engine, Id))) removed.push(`network ${Name}`)
  }
  const { Volumes } = await engine.listVolumes({ filters })
  for (const { Name, Labels } of Volumes ?? []) {
    if (!isRunnerGone(Labels)) continue
    await engine.getVolume(Name).remove()
    removed.push(`volume ${Name}`)
  }
  return removed
}

/** By full id; what is gone already is no error. */
export async function removeContainers(ids: readonly string[]): Promise<void> {
  const engine = await openEngine()
  await Promise.all(ids.map((id) => removeContainer(engine.getContainer(id))))
}

/** False when another clean was faster. */
async function removedNetwork(engine: Dockerode, id: string): Promise<boolean> {
  try {
    await engine.getNetwork(id).remove()
    return true
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false
    throw error
  }
}
