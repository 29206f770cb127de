import { chmodSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HarnessError } from '../harness/src/base/errors.ts'
import { type BareContainer, containersIn } from './containers/containersOf.ts'
import { median } from './peerCluster.ts'
import type { BenchRow } from './row.ts'

const rounds = 5
const goalRatio = 1.3

/** From nothing to three peers and an object store in containers that serve: the harness, and what it could be without it. */
export async function benchContainers(): Promise<BenchRow[]> {
  const { openEngine } = await import('../harness/src/runtime/container/engine.ts')
  const { requireImage } = await import('../harness/src/runtime/container/image.ts')
  const { commandArm, engineArm, libraryArm } = await import('./containers/arms.ts')
  const { harnessArm } = await import('./containers/harnessArm.ts')
  const goal = `<= ${goalRatio} times the engine's API alone`
  const images = await inFolder(async (containers) => containers.map(({ plan }) => plan.image)).catch(skipped)
  if ('skipped' in images) return [{ name: 'containers', value: Number.NaN, unit: 'ms', goal, ...images }]
  const engine = await openEngine()
  try {
    for (const image of images) await requireImage(engine, image)
  } catch (error) {
    return [{ name: 'containers', value: Number.NaN, unit: 'ms', goal, ...skipped(error) }]
  }
  const arms = {
    harness: harnessArm,
    engine: () => inFolder((containers) => engineArm(engine, containers)),
    library: () => inFolder(libraryArm),
    command: () => inFolder(commandArm),
  }
  const took: Record<keyof typeof arms, number[]> = { harness: [], engine: [], library: [], command: [] }
  const names = Object.keys(arms) as (keyof typeof arms)[]
  for (const name of names) await arms[name]() // fills the compile cache, and loads the library
  for (let round = 0; round < rounds; round++) {
    // Forwards and backwards, so that none always has the quieter moment.
    for (const name of round % 2 === 0 ? names : names.toReversed()) took[name].push(await arms[name]())
  }
  const value = median(took.harness)
  const beside = (reference: string, name: keyof typeof arms) => {
    const alone = median(took[name])
    return { value, unit: 'ms', reference: { name: reference, value: alone }, ratio: value / alone }
  }
  const engineRow = beside("the engine's API alone", 'engine')
  const store = (images.at(-1) as string).split(':')[0]
  return [
    {
      name: `3 peers and an object store (${store}) in containers, ready; by the harness also joined and connected`,
      ...engineRow,
      goal,
      met: engineRow.ratio <= goalRatio,
    },
    {
      name: 'the same beside testcontainers alone',
      ...beside('testcontainers alone', 'library'),
      goal: 'no bound of its own',
    },
    {
      name: 'the same beside docker run',
      ...beside('4 times docker run at once', 'command'),
      goal: 'no bound of its own',
    },
  ]
}

/** What this machine lacks, in a sentence. */
function skipped(error: unknown): { skipped: string } {
  if (error instanceof HarnessError) return { skipped: error.message }
  throw error
}

/** Their data folders are gone afterwards. */
async function inFolder<T>(run: (containers: readonly BareContainer[]) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-bench-'))
  try {
    const containers = await containersIn(folder)
    for (const { dataFolder } of containers) {
      await mkdir(dataFolder)
      chmodSync(dataFolder, 0o777) // the images run as users of their own
    }
    return await run(containers)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
