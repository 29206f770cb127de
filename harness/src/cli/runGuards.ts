import { relative } from 'node:path'
import type { Vitest } from 'vitest/node'
import { awaitReading } from '../base/awaitReading.ts'
import { HarnessError } from '../base/errors.ts'
import type { Scale } from '../base/scale.ts'
import { Seed } from '../base/seed.ts'
import { formatMs } from '../base/units.ts'
import { type CodeUnderTest, codeUnderTest } from '../run/codeUnderTest.ts'
import type { RunFolder } from '../run/runFolder.ts'
import { besides } from './besides.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'
import type { Guard } from './guards.ts'
import type { LiveView } from './liveView.ts'
import { countOutcomes, type GuardRow, type Totals } from './outcome.ts'
import { stopOnSignal } from './stopOnSignal.ts'
import type { SuiteReporter } from './suiteReporter.ts'

export interface SuiteResult extends Totals {
  seed: number
  runtime: string
  scale: Scale
  durationMs: number
  runFolder: string
  guards: GuardRow[]
  /** Errors outside any guard; each counts as a failure. */
  errors: string[]
  interrupted: boolean
  /** What was under test. */
  code: CodeUnderTest
}

export interface HowToRun {
  repeat: number
  runtime: string
  scale: Scale
  /** ms: everything again, each time from a new seed, until so much time has passed. */
  for?: number
}

interface RunContext {
  root: string
  seed: Seed
  folder: RunFolder
  view: LiveView
  reporter: SuiteReporter
}

/** Interrupted guards end their clusters and write down what they saw within this time, or are left to the watchdog. */
const endingBudgetMs = 20_000

/** Runs the guards, once or again and again, and writes run.json. A signal ends it early: what was judged until then is kept. */
export async function runGuards(
  vitest: Vitest,
  chosen: readonly Guard[],
  { repeat: repeats, runtime, scale, for: forMs }: HowToRun,
  { root, seed, folder, view, reporter }: RunContext,
): Promise<{ result: SuiteResult; exitCode: number }> {
  const startedAt = Date.now()
  const code = await codeUnderTest(root)
  let ending: Promise<void> | undefined
  const stopping = stopOnSignal(() => {
    view.print(pc.yellow('interrupted: ending what runs (again to leave at once)'))
    ending = endEarly(vitest, reporter, view)
  })
  try {
    const goesOn = (repeat: number) =>
      forMs === undefined ? repeat <= repeats : repeat === 1 || Date.now() - startedAt < forMs
    for (let repeat = 1; goesOn(repeat) && !stopping.signal.aborted; repeat++) {
      const ownSeed = forMs === undefined ? undefined : new Seed((seed.value + repeat - 1) % 2 ** 32)
      reporter.beginRepeat(repeat, ownSeed?.value)
      process.env.BREAKWATER_REPEAT = String(repeat)
      if (forMs !== undefined && ownSeed !== undefined) {
        process.env.BREAKWATER_SEED = String(ownSeed.value)
        const gone = formatMs(Date.now() - startedAt)
        view.print(pc.bold(`run ${repeat}, seed ${ownSeed.value}, ${gone} of ${formatMs(forMs)}`))
      } else if (repeats > 1) view.print(pc.bold(`run ${repeat} of ${repeats}`))
      await vitest.runTestSpecifications(specificationsOf(chosen))
      await ending
      reporter.endRepeat({ interrupted: stopping.signal.aborted })
    }
  } finally {
    stopping.end()
  }
  const interrupted = stopping.signal.aborted
  const { rows, strayErrors } = reporter
  const totals = countOutcomes(rows)
  const result: SuiteResult = {
    ...totals,
    failed: totals.failed + strayErrors.length,
    seed: seed.value,
    runtime,
    scale,
    durationMs: Date.now() - startedAt,
    runFolder: relative(root, folder.path),
    guards: rows,
    errors: strayErrors,
    interrupted,
    code,
  }
  besides('run.json', () =>
    folder.writeRun({
      seed: result.seed,
      startedAt: new Date(startedAt).toISOString(),
      durationMs: result.durationMs,
      runtime,
      scale,
      command: process.argv.slice(2),
      code,
      guards: rows,
      errors: result.errors,
      interrupted,
    }),
  )
  return { result, exitCode: interrupted ? stopping.exitCode : exitCodeOf(result) }
}

/** Guards that are under way close what they opened; a body that waits on for minutes is not waited for. */
async function endEarly(vitest: Vitest, reporter: SuiteReporter, view: LiveView): Promise<void> {
  const begun = new Set([...view.underWay, ...reporter.underWay.map(({ id }) => id)])
  const cancelled = vitest.cancelCurrentRun('keyboard-input')
  let isOver = false
  void cancelled.finally(() => {
    isOver = true
  })
  try {
    await awaitReading({
      what: 'the guards under way to end what they started',
      budget: endingBudgetMs,
      probe: () => isOver || [...begun].every((id) => view.hasEnded(id)),
      until: (ended) => ended,
    })
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error
    view.print(pc.yellow(error.message))
  }
  // The second time Vitest ends its processes, whatever they do.
  if (!isOver) await vitest.cancelCurrentRun('keyboard-input')
  await cancelled
}

/** One specification a file, with only the chosen tests of it. */
function specificationsOf(chosen: readonly Guard[]) {
  const byFile = Map.groupBy(chosen, (guard) => guard.file)
  return [...byFile.values()].map((guards) => {
    const { project, moduleId } = (guards[0] as Guard).specification
    return project.createSpecification(moduleId, { testIds: guards.map((guard) => guard.testId) })
  })
}

function exitCodeOf(result: SuiteResult): number {
  if (result.failed > 0) return exitCodes.failed
  if (result.inconclusive > 0) return exitCodes.inconclusive
  return result.passed > 0 ? exitCodes.passed : exitCodes.inconclusive
}
