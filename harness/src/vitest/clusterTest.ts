import { test as base } from 'vitest'
import { nowMs } from '../base/clock.ts'
import { HarnessError } from '../base/errors.ts'
import { Seed } from '../base/seed.ts'
import type { ClusterOptions } from '../cluster/cluster.ts'
import type { BreakableCluster } from '../run/breakableCluster.ts'
import { guardIdOf } from '../run/guardId.ts'
import { GuardRun } from '../run/guardRun.ts'
import { hostWhileWaiting } from '../run/hostWhileWaiting.ts'
import { keepCluster } from '../run/keep.ts'
import { createRunFolder, openRunFolder, type RunFolder } from '../run/runFolder.ts'
import { openRuntime } from '../runtime/openRuntime.ts'
import type { Capability } from '../runtime/runtime.ts'
import { readEnvironment } from './environment.ts'
import { leaveSignalsToRunner, nowRuns, watchForInterruption } from './interruption.ts'

export interface ClusterFixtures {
  /** Of every guard, asked for or not. */
  lifecycle: undefined
  seed: Seed
  run: GuardRun
  /** Reports the test as not run where the runtime lacks one of these. */
  requires: (...capabilities: Capability[]) => Promise<void>
  startCluster: <Client, const Count extends number>(
    options: ClusterOptions<Client, Count>,
  ) => Promise<BreakableCluster<Client, Count>>
}

declare module 'vitest' {
  interface TaskMeta {
    /** What the host was doing while a guard waited in vain: with nothing else against it the guard is inconclusive. */
    host?: string
  }
}

const environment = readEnvironment()
if (environment.runFolder !== undefined) leaveSignalsToRunner()
let drawn: { seed: Seed; folder: RunFolder } | undefined

/** Under plain vitest, without our CLI, this process makes a run folder and draws a seed of its own. */
function ownRun(): { seed: Seed; folder: RunFolder } {
  if (drawn) return drawn
  const seed = environment.seed ?? Seed.draw()
  const folder = environment.runFolder ? openRunFolder(environment.runFolder) : createRunFolder({ seed: seed.value })
  if (!environment.runFolder) console.log(`seed ${seed.value}, artifacts in ${folder.path}`)
  drawn = { seed, folder }
  return drawn
}

/**
 * A test with a cluster at hand. After its body everything that was started is ended, and the test fails if a node
 * ended or threw undeclared, or if a process, socket or folder is left. A fault that did nothing makes it INCONCLUSIVE.
 */
export const clusterTest = base.extend<ClusterFixtures>({
  lifecycle: [
    async ({ task, signal }, use) => {
      refuseTries(task)
      const watch = watchForInterruption(task, signal)
      await use(undefined)
      watch.end()
    },
    { auto: true },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
  seed: async ({}, use) => {
    await use(ownRun().seed)
  },
  run: async ({ task, seed }, use) => {
    const id = guardIdOf(task.name)
    const folder = ownRun().folder.guardFolder(id, environment.repeat)
    const run = new GuardRun({
      id,
      title: task.name,
      seed,
      folder,
      openRuntime: () => openRuntime(environment.runtime),
    })
    nowRuns(task, run)
    const beganAtMs = nowMs()
    await use(run)
    const errors = task.result?.errors ?? []
    const failed = errors.length > 0
    // On a known-bad build a wait in vain may be what it is to be caught by.
    const why = environment.knownBad ? undefined : await hostWhileWaiting(errors, { beganAtMs, host: () => run.host() })
    if (why !== undefined) task.meta.host = why
    const keep = environment.keep && failed && run.runtimeOpened
    if (keep) console.log(await keepCluster(run))
    // A wait that a node's end cut short has told of it already.
    const told = new Set(task.result?.errors?.map((error) => error.message))
    const problems = (await run.close({ keep })).filter((problem) => !told.has(problem.message))
    // A failure stands, whatever the faults did.
    if (!failed) problems.push(...run.idleFaults())
    if (problems.length === 1) throw problems[0]
    if (problems.length > 1) throw new AggregateError(problems, problems.map((problem) => problem.message).join('\n'))
  },
  requires: async ({ run, skip }, use) => {
    await use(async (...capabilities) => {
      const { name, can } = await run.runtime()
      const lacking = capabilities.filter((capability) => !can.has(capability))
      if (lacking.length > 0) skip(`the runtime "${name}" lacks ${lacking.join(', ')}`)
    })
  },
  startCluster: async ({ run }, use) => {
    await use((options) => run.startCluster(options))
  },
})

/** The second try would write over what the first one saw, and a guard that passes at its second try is a flake, not a pass. */
function refuseTries({ name, retry, repeats }: { name: string; retry?: unknown; repeats?: number | undefined }): void {
  const asked = retry ? 'retry' : repeats ? 'repeats' : undefined
  if (asked === undefined) return
  throw new HarnessError(
    'BAD_USAGE',
    `${guardIdOf(name)} asks for "${asked}", which guards do not have: take it away, and see how often it fails with --repeat.`,
  )
}
