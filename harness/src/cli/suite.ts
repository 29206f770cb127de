import { accessSync, constants, existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Unwritable } from '../base/errors.ts'
import { type Scale, scaleVariable } from '../base/scale.ts'
import { Seed } from '../base/seed.ts'
import type { Shard } from '../base/shard.ts'
import { shownText } from '../base/shownText.ts'
import { formatMs } from '../base/units.ts'
import { progressVariable } from '../run/progress.ts'
import { tryWriteReport } from '../run/report/writeReport.ts'
import { createRunFolder, type RunFolder } from '../run/runFolder.ts'
import { openRuntime } from '../runtime/openRuntime.ts'
import { besides } from './besides.ts'
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
import { openVitest } from './openVitest.ts'
import { totalsInWords } from './outcome.ts'
import { runGuards, type SuiteResult } from './runGuards.ts'
import { SuiteReporter } from './suiteReporter.ts'
import { requireUsableRoot } from './usableRoot.ts'
import { verdictTable } from './verdictTable.ts'

export type { SuiteResult } from './runGuards.ts'

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

/** Runs guards and prints what people or machines want to read. Resolves to the exit code. */
export async function suite(words: readonly string[], options: SuiteOptions): Promise<number> {
  const root = process.cwd()
  const seed = options.seed === undefined ? Seed.draw() : new Seed(options.seed)
  requireUsableRoot(root)
  // Test files ask for their sizes and time limits while they are read.
  process.env[scaleVariable] = options.scale
  if (!options.list) demandWritable(root)
  const reporter = new SuiteReporter(root)
  const vitest = await openVitest(root, reporter)
  try {
    const { guards, unread } = await findGuards(vitest, root)
    if (options.list) {
      const isNarrowed = words.length > 0 || options.shard !== undefined || options.changedSince !== undefined
      listGuards(isNarrowed ? await chooseGuards(guards, words, options, root) : guards, options.json)
      for (const { sentence } of unread) process.stderr.write(`${pc.yellow(sentence)}\n`)
      return unread.length > 0 ? exitCodes.failed : exitCodes.passed
    }
    const chosen = await chooseGuards(guards, words, options, root).catch((error: unknown) => {
      for (const { sentence } of unread) process.stderr.write(`${pc.yellow(sentence)}\n`)
      throw error
    })
    // A guard that cannot be read would be missing from the gate, and nobody would know.
    const missed = unread.filter(({ file }) => words.length === 0 || words.some((word) => file.includes(word)))
    reporter.strayErrors.push(...missed.map(({ sentence }) => sentence))
    if (chosen.length === 0) {
      process.stderr.write(`No guard of this shard has changed since ${options.changedSince}, so none is run.\n`)
      return exitCodes.passed
    }
    // One sentence, where each guard would fail by the same.
    if (options.runtime !== 'process') await (await openRuntime(options.runtime)).close()
    const folder = createRunFolder({ seed: seed.value, root: join(root, '.breakwater', 'runs') })
    const view = new LiveView(join(folder.path, 'progress.jsonl'), options.json ? process.stderr : process.stdout)
    try {
      tellTests(seed, options, folder, view)
      reporter.expect(chosen, folder, view)
      view.print(opening(seed, chosen, options, relative(root, folder.path)))
      const { result, exitCode } = await runGuards(vitest, chosen, options, { root, seed, folder, view, reporter })
      view.close()
      tell(result, options, guards, root)
      return exitCode
    } finally {
      view.close()
    }
  } finally {
    await vitest.close()
  }
}

/** Told before anything is read: in a checkout that is read-only Vitest fails too, by a file of its own. */
function demandWritable(root: string): void {
  const runs = join(root, '.breakwater', 'runs')
  const nearest = [runs, join(root, '.breakwater'), root].find((path) => existsSync(path)) ?? root
  try {
    accessSync(nearest, constants.W_OK)
  } catch (error) {
    throw new Unwritable(runs, error)
  }
}

/** The verdicts first: whatever else cannot be written, they are there. */
function tell(result: SuiteResult, options: SuiteOptions, guards: readonly Guard[], root: string): void {
  const folder = join(root, result.runFolder)
  const report = existsSync(join(folder, 'run.json')) ? tryWriteReport(folder) : undefined
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : closing(result, report && relative(root, report)))
  const { junit, runtime } = options
  if (junit !== undefined) besides('JUnit XML', () => writeJUnit(junit, result))
  if (options.recordDurations) {
    const ids = guards.map(({ id }) => id)
    besides('How long the guards took', () => recordDurations(durationsFile(root), runtime, result.guards, ids))
  }
  addToJobPage(jobSummary(result))
}

/** The test processes learn of the run through their environment. */
function tellTests(seed: Seed, options: SuiteOptions, folder: RunFolder, view: LiveView): void {
  process.env.BREAKWATER_SEED = String(seed.value)
  process.env.BREAKWATER_RUNTIME = options.runtime
  process.env.BREAKWATER_KEEP = options.keep ? '1' : '0'
  process.env.BREAKWATER_RUN_FOLDER = folder.path
  process.env[progressVariable] = view.path
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

function listGuards(guards: readonly Guard[], json: boolean): void {
  const rows = guards.map(({ id, title, file, gate }) => ({ id, title, file, gate }))
  const text = json
    ? JSON.stringify(rows)
    : rows.map((row) => `${row.gate ? 'gate ' : '     '} ${row.title}  ${pc.dim(row.file)}`).join('\n')
  process.stdout.write(`${text}\n`)
}
