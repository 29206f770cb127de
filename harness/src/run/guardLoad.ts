import { join } from 'node:path'
import { nowMs } from '../base/clock.ts'
import { HarnessError } from '../base/errors.ts'
import { shownPath } from '../base/shownPath.ts'
import { formatCount } from '../base/units.ts'
import { anyNode } from '../history/effects.ts'
import { Canary } from '../probe/canary.ts'
import { runnerTagName, watchdog } from '../runtime/watchdog.ts'
import { type LoadOptions, type LoadProgress, runLoad } from '../workload/load.ts'
import type { LoadResult } from '../workload/loadResult.ts'
import { loadJson, loadTable } from '../workload/loadTable.ts'
import type { OnStep } from '../workload/scenarioRuns.ts'
import { writeArtifact } from './artifact.ts'
import type { GuardRun } from './guardRun.ts'
import { tellProgress } from './progress.ts'

/** A load of a guard: the seed is the guard's, and its nodes are watched. */
export interface GuardLoad extends Omit<LoadOptions, 'seed' | 'onProgress'> {
  /**
   * Keeps each step in the history, as an operation of that kind with its intended start. Not from worker threads, and not needed for
   * steps that call a client of the cluster, which records its calls itself.
   */
  record?: boolean
}

/** Where nobody watches a terminal each one is a line of the log. */
const progressEveryMs = 2_000

/** The watchdog knows it by its tag and ends it with the runner; so does the end of its standard input. */
export async function startCanary(): Promise<Canary> {
  watchdog.start()
  return await Canary.start({ env: { [runnerTagName]: watchdog.tag } })
}

export async function carryLoad(run: GuardRun, host: Canary, load: GuardLoad): Promise<LoadResult> {
  if (load.record && 'module' in load.scenarios) {
    throw new HarnessError(
      'BAD_USAGE',
      `The load ${load.name} runs in worker threads, which record nothing. Leave out "record", or give its scenarios as functions.`,
    )
  }
  const nodes = run.nodes
    .filter((node) => node.running)
    .map((node) => ({ name: node.name, reading: () => node.life.reading() }))
  run.progress(`load ${load.name}: begins`)
  let toldAtMs = 0
  const result = await runLoad({
    processes: nodes,
    host,
    ...load,
    seed: run.seed,
    ...(load.record ? { onStep: recording(run, load) } : {}),
    onProgress: (progress) => {
      if (nowMs() - toldAtMs < progressEveryMs) return
      toldAtMs = nowMs()
      tellProgress(run.id, describe(load.name, progress))
    },
  })
  const path = join(run.folder, `load.${load.name}`)
  writeArtifact(`${path}.json`, `${JSON.stringify(loadJson(result), null, 2)}\n`)
  writeArtifact(`${path}.txt`, `${loadTable(result)}\n`)
  result.open = shownPath(`${path}.txt`)
  return result
}

function recording({ recorder }: GuardRun, { name, onStep }: GuardLoad): OnStep {
  return (begun) => {
    const { step, number, intendedAtMs, startedAtMs } = begun
    const told = onStep?.(begun)
    const open = recorder.begin({ client: `${name}-${number}`, node: anyNode, kind: step, intendedAtMs, startedAtMs })
    return (ended) => {
      told?.(ended)
      const { outcome, reason, endedAtMs } = ended
      open.end({ endedAtMs, outcome, ...(reason === undefined ? {} : { error: reason }) })
    }
  }
}

function describe(name: string, { window, windows, attempt, runs, failed }: LoadProgress): string {
  const again = attempt > 1 ? `, attempt ${attempt}` : ''
  return `load ${name}: window ${window} of ${windows}${again}, ${formatCount(runs)} runs, ${formatCount(failed)} failed`
}
