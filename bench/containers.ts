import { chmodSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Dockerode from 'dockerode'
import { HarnessError } from '../harness/src/base/errors.ts'
import { imageOf } from '../images/specimens.ts'
import { engineArm, libraryArm, type Peer, peersIn } from './containers/arms.ts'
import { median, startPeers } from './peerCluster.ts'
import type { BenchRow } from './row.ts'

const rounds = 5
const goalRatio = 1.3
const name = '3 peers in containers, ready (harness: joined and connected too; without an object store)'
const goal = `<= ${goalRatio} times the engine's API alone`

/** From nothing to three peers in containers that serve: the harness, the engine's API alone and testcontainers alone. */
export async function benchContainers(): Promise<BenchRow[]> {
  const { openContainerRuntime } = await import('../harness/src/runtime/container.ts')
  const { openEngine } = await import('../harness/src/runtime/container/engine.ts')
  const { requireImage } = await import('../harness/src/runtime/container/image.ts')
  let engine: Dockerode
  try {
    engine = await openEngine()
    await requireImage(engine, imageOf('peer'))
  } catch (error) {
    if (error instanceof HarnessError) return [{ name, value: Number.NaN, unit: 'ms', goal, skipped: error.message }]
    throw error
  }
  const startHarness = () => startPeers(3, openContainerRuntime)
  await (await startHarness()).stop() // fills the compile cache, and loads the library
  const took = { harness: [] as number[], engine: [] as number[], library: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    const timed = await startHarness()
    took.harness.push(timed.startMs)
    await timed.stop()
    took.engine.push(await inFolder((peers) => engineArm(engine, peers)))
    took.library.push(await inFolder(libraryArm))
  }
  const harnessMs = median(took.harness)
  const engineMs = median(took.engine)
  const libraryMs = median(took.library)
  return [
    {
      name,
      value: harnessMs,
      unit: 'ms',
      goal,
      met: harnessMs / engineMs <= goalRatio,
      reference: { name: "the engine's API alone", value: engineMs },
      ratio: harnessMs / engineMs,
    },
    {
      name: 'the same beside testcontainers alone',
      value: harnessMs,
      unit: 'ms',
      goal: 'no bound of its own',
      reference: { name: 'testcontainers alone', value: libraryMs },
      ratio: harnessMs / libraryMs,
    },
  ]
}

/** The data folders of three peers, gone afterwards. */
async function inFolder(run: (peers: readonly Peer[]) => Promise<number>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-bench-'))
  try {
    const peers = await peersIn(folder, 3)
    for (const { dataFolder } of peers) {
      await mkdir(dataFolder)
      chmodSync(dataFolder, 0o777) // the image runs as a user of its own
    }
    return await run(peers)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
