/**
 * Guarantee  A runner that is killed with SIGKILL leaves nothing in the engine: no container, no network, no volume.
 * Method     Start a guard that hangs, on containers, by the command line; kill it once its nodes serve; ask the engine.
 * Fault bit  Before the kill the engine has its three nodes, the toolbox and a network.
 * Known bad  None: the harness is under test here.
 */
import { awaitReading } from '@breakwater/harness'
import type Dockerode from 'dockerode'
import { expect, test } from 'vitest'
import { readEntry } from '../harness/src/probe/processTable.ts'
import { openEngine } from '../harness/src/runtime/container/engine.ts'
import { runLabel, runnerLabel } from '../harness/src/runtime/container/labels.ts'
import { inFolder, samples, start } from './breakwater.ts'

interface Held {
  containers: number
  networks: number
  volumes: number
}

/** Whether the process is the ancestor of the other. */
function isAbove(ancestor: number, pid: number): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = readEntry(at)?.parentPid) {
    if (at === ancestor) return true
  }
  return false
}

/** The labels of what a runner, or a process of it, made. */
async function runOf(engine: Dockerode, runnerPid: number): Promise<string | undefined> {
  const containers = await engine.listContainers({ all: true, filters: { label: [runLabel] } })
  const own = containers.find(({ Labels }) => isAbove(runnerPid, Number(Labels[runnerLabel]?.split(':')[0])))
  return own?.Labels[runLabel]
}

async function heldBy(engine: Dockerode, run: string): Promise<Held> {
  const filters = { label: [`${runLabel}=${run}`] }
  const [containers, networks, { Volumes }] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listNetworks({ filters }),
    engine.listVolumes({ filters }),
  ])
  return { containers: containers.length, networks: networks.length, volumes: Volumes?.length ?? 0 }
}

test('nothing is left in the engine of a runner that is killed with SIGKILL', async () => {
  const engine = await openEngine()
  await inFolder(async (folder) => {
    const runner = start(['suite', 'SAMPLE-6', '--runtime', 'docker'], { ...samples, TMPDIR: folder })
    const run = await awaitReading({
      what: 'a container of the runner',
      budget: 40_000,
      probe: () => runOf(engine, runner.pid as number),
      until: (found) => found !== undefined,
    })
    await awaitReading({
      what: 'three nodes, the toolbox and a network',
      budget: 20_000,
      probe: () => heldBy(engine, run as string),
      until: ({ containers, networks }) => containers === 4 && networks === 1,
    })
    runner.kill('SIGKILL')
    await runner
    const left = await awaitReading({
      what: 'everything of it to be removed',
      budget: 15_000,
      probe: () => heldBy(engine, run as string),
      until: ({ containers, networks, volumes }) => containers + networks + volumes === 0,
    })
    expect(left).toEqual({ containers: 0, networks: 0, volumes: 0 })
  })
})
