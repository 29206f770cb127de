import { join, relative } from 'node:path'
import { createVitest, type Vitest } from 'vitest/node'
import { HarnessError } from '../base/errors.ts'
import { type Scale, scaleVariable } from '../base/scale.ts'
import { Seed } from '../base/seed.ts'
import { shownText } from '../base/shownText.ts'
import { formatMs } from '../base/units.ts'
import { codeUnderTest } from '../run/codeUnderTest.ts'
import { progressVariable } from '../run/progress.ts'
import { tryWriteReport } from '../run/report/writeReport.ts'
import { createRunFolder, type RunFolder } from '../run/runFolder.ts'
import { chooseGuards } from './choose.ts'
import { pc } from './colours.ts'
import { durationsFile, recordDurations } from './durations.ts'
import { exitCodes } from './exitCodes.ts'
import { describeFailure } from './failure.ts'
import { findGuards, type Guard } from './guards.ts'
import { addToJobPage } from './jobPage.ts'
import { jobSummary } from './jobSummary.ts'
import { writeJUnit } from './junit.ts'
import { LiveView } from './liveView.ts'
import { countOutcomes, type GuardRow, type Totals, totalsInWords } from './outcome.ts'
import type { Shard } from './shards.ts'
import { SuiteReporter } from './suiteReporter.ts'
import { requireUsableRoot } from './usableRoot.ts'
import { verdictTable } from './verdictTable.ts'

export interface SuiteOptions {
  seed?: number
  repeat: number
  keep: boolean
  json: boolean
  list: boolean
  exact: boolean
  all?: boolean
  runtime: string
  scale: Scale
  shard?: Shard
  /** A git reference: only guards whose test file changed since. */
  changedSince?: string
  /** Where JUnit XML goes. */
  junit?: string
  recordDurations?: boolean
  /** ms: everything again, each time from a new seed, until so much time has passed. */
  for?: number
}

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
}

const runtimes = ['process', 'docker']

/** Runs guards and prints what people or machines want to read. Resolves to the exit code. */
export async function suite(words: readonly string[], options: SuiteOptions): Promise<number> {
  if (!runtimes.includes(options.runtime)) {
    throw new HarnessError(
      'BAD_USAGE',
      `There is no runtime "${options.runtime}"; this version knows: ${runtimes.join(', ')}.`,
    )
  }
  const root = process.cwd()
  const seed = options.seed === undefined ? Seed.draw() : new Seed(options.seed)
  requireUsableRoot(root)
  // Test files ask for their sizes and time limits while they are read.
  process.env[scaleVariable] = options.scale
  const reporter = new SuiteReporter(root)
  const vitest = await createVitest({ root, watch: false, project: ['guards'], reporters: [reporter] })
  try {
    const guards = await findGuards(vitest, root)
    if (options.list) {
      const isNarrowed = words.length > 0 || options.shard !== undefined || options.changedSince !== undefined
      listGuards(isNarrowed ? await chooseGuards(guards, words, options, root) : guards, options.json)
      return exitCodes.passed
    }
    const chosen = await chooseGuards(guards, words, options, root)
    if (chosen.length === 0) {
      process.stderr.write(`No guard of this shard has changed since ${options.changedSince}, so none is run.\n`)
      return exitCodes.passed
    }
    const folder = createRunFolder({ seed: seed.value, root: join(root, '.breakwater', 'runs') })
    const view = new LiveView(join(folder.path, 'progress.jsonl'), options.json ? process.stderr : process.stdout)
    try {
      tellTests(seed, options, folder, view)
      reporter.expect(
        chosen.map((guard) => guard.testId),
        folder,
        view,
      )
      view.print(opening(seed, chosen, options, relative(root, folder.path)))
      const result = await runGuards(vitest, chosen, options, { root, seed, folder, view, reporter })
      view.close()
      const report = tryWriteReport(folder.path)
      if (options.junit !== undefined) writeJUnit(options.junit, result)
      if (options.recordDurations) {
        const ids = guards.map(({ id }) => id)
        recordDurations(durationsFile(root), options.runtime, result.guards, ids)
      }
      addToJobPage(jobSummary(result))
      process.stdout.write(
        options.json ? `${JSON.stringify(result)}\n` : closing(result, report && relative(root, report)),
      )
      return exitCodeOf(result)
    } finally {
      view.close()
    }
  } finally {
    await vitest.close()
  }
}

/** The test processes learn of the run through their environment. */
function tellTests(seed: Seed, options: SuiteOptions, folder: RunFolder, view: LiveView): void {
  process.env.BREAKWATER_SEED = String(seed.value)
  process.env.BREAKWATER_RUNTIME = options.runtime
  process.env.BREAKWATER_KEEP = options.keep ? '1' : '0'
  process.env.BREAKWATER_RUN_FOLDER = folder.path
  process.env[progressVariable] = view.path
}

interface RunContext {
  root: string
  seed: Seed
  folder: RunFolder
  view: LiveView
  reporter: SuiteReporter
}

async function runGuards(
  vitest: Vitest,
  chosen: readonly Guard[],
  { repeat: repeats, runtime, scale, for: forMs }: SuiteOptions,
  { root, seed, folder, view, reporter }: RunContext,
): Promise<SuiteResult> {
  const startedAt = Date.now()
  const code = await codeUnderTest(root)
  let interrupted = false
  const interrupt = () => {
    if (interrupted) process.exit(exitCodes.interrupted)
    interrupted = true
    view.print(pc.yellow('interrupted: ending what runs (again to leave at once)'))
    void vitest.cancelCurrentRun('keyboard-input')
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    const goesOn = (repeat: number) =>
      forMs === undefined ? repeat <= repeats : repeat === 1 || Date.now() - startedAt < forMs
    for (let repeat = 1; goesOn(repeat) && !interrupted; repeat++) {
      reporter.repeat = repeat
      process.env.BREAKWATER_REPEAT = String(repeat)
      if (forMs !== undefined) {
        reporter.seed = seed.value + repeat - 1
        process.env.BREAKWATER_SEED = String(reporter.seed)
        view.print(
          pc.bold(`run ${repeat}, seed ${reporter.seed}, ${formatMs(Date.now() - startedAt)} of ${formatMs(forMs)}`),
        )
      } else if (repeats > 1) view.print(pc.bold(`run ${repeat} of ${repeats}`))
      await vitest.runTestSpecifications(specificationsOf(chosen))
    }
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
  const rows = reporter.rows
  const totals = countOutcomes(rows)
  const result: SuiteResult = {
    ...totals,
    failed: totals.failed + reporter.strayErrors.length,
    seed: seed.value,
    runtime,
    scale,
    durationMs: Date.now() - startedAt,
    runFolder: relative(root, folder.path),
    guards: rows,
    errors: reporter.strayErrors,
    interrupted,
  }
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
  })
  return result
}

/** One specification a file, with only the chosen tests of it. */
function specificationsOf(chosen: readonly Guard[]) {
  const byFile = Map.groupBy(chosen, (guard) => guard.file)
  return [...byFile.values()].map((guards) => {
    const { project, moduleId } = (guards[0] as Guard).specification
    return project.createSpecification(moduleId, { testIds: guards.map((guard) => guard.testId) })
  })
}

function opening(seed: Seed, chosen: readonly Guard[], options: SuiteOptions, folder: string): string {
  const knownBad = process.env.BREAKWATER_KNOWN_BAD
  const scale = options.scale === 'gate' ? '' : ` at ${options.scale} scale`
  const build = knownBad ? `, on the known-bad build ${knownBad}` : ''
  return `seed ${pc.bold(String(seed.value))}, ${chosen.length} guards on ${options.runtime}${scale}${build}, artifacts in ${folder}`
}

function closing(result: SuiteResult, report: string | undefined): string {
  const broken = result.guards.filter((row) => row.outcome === 'failed' || row.outcome === 'inconclusive')
  const parts = [
    verdictTable(result.guards),
    ...broken.map((row) => describeFailure(row, result)),
    ...result.errors.map((error) => `${pc.red('error outside any guard')}  ${shownText(error)}`),
    `${totalsInWords(result)} in ${formatMs(result.durationMs)}  seed ${result.seed}`,
    `run folder: ${result.runFolder}${report === undefined ? '' : `\nreport: ${report}`}`,
  ]
  return `\n${parts.join('\n\n')}\n`
}

function exitCodeOf(result: SuiteResult): number {
  if (result.interrupted) return exitCodes.interrupted
  if (result.failed > 0) return exitCodes.failed
  if (result.inconclusive > 0) return exitCodes.inconclusive
  return result.passed > 0 ? exitCodes.passed : exitCodes.inconclusive
}

function listGuards(guards: readonly Guard[], json: boolean): void {
  const rows = guards.map(({ id, title, file, gate }) => ({ id, title, file, gate }))
  const text = json
    ? JSON.stringify(rows)
    : rows.map((row) => `${row.gate ? 'gate ' : '     '} ${row.title}  ${pc.dim(row.file)}`).join('\n')
  process.stdout.write(`${text}\n`)
}
