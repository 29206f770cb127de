import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { HarnessError, Inconclusive } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { Scale } from '../base/scale.ts'
import { Seed } from '../base/seed.ts'
import { shellCommand } from '../base/shellQuote.ts'
import { shownText } from '../base/shownText.ts'
import { formatMs } from '../base/units.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'
import { describeFailure } from './failure.ts'
import { addToJobPage, fenced, jobPageVariable } from './jobPage.ts'
import { killMatrix } from './killMatrix.ts'
import { type KnownBadBuild, readKnownBadBuilds } from './knownBad.ts'
import type { GuardRow } from './outcome.ts'
import type { SuiteResult } from './runGuards.ts'
import { stopOnSignal } from './stopOnSignal.ts'

export interface ProveOptions {
  seed?: number
  json: boolean
  all: boolean
  runtime: string
  scale: Scale
}

/** killed: rejected with the named assertion. Every other result of a named pair fails the proof. */
export type ProofResult = 'killed' | 'survived' | 'otherAssertion' | 'inconclusive' | 'notLoaded' | 'stale' | 'noticed'

export interface ProofRow {
  build: string
  guard: string
  /** Named by the build's defect.json; others ran because of --all. */
  named: boolean
  result: ProofResult
  assertion?: string
  message?: string
  durationMs: number
  runFolder: string
}

export interface ProveResult {
  killed: number
  total: number
  /** The same guards on the build without a defect. */
  good: { passed: number; failed: number; inconclusive: number }
  rows: ProofRow[]
  seed: number
  durationMs: number
}

/** Exit code of the loader when a patch does not apply. */
const staleExit = /exit code 86/

export async function prove(words: readonly string[], options: ProveOptions): Promise<number> {
  const startedAt = Date.now()
  const root = process.cwd()
  const known = readKnownBadBuilds(join(root, 'fixtures', 'knownBad'))
  const builds = onRuntime(select(known, words), options.runtime)
  const seed = options.seed ?? Seed.draw().value
  const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const guards = [...new Set(builds.flatMap((build) => build.kills.map((kill) => kill.guard)))]
  say(`seed ${seed}: ${guards.length} guards, ${builds.length} known-bad builds`)

  const stopping = stopOnSignal(() => say(pc.yellow('interrupted: ending what runs (again to leave at once)')))
  const onGood = await runSuite(guards, seed, options, undefined, stopping.signal)
  const good = { passed: onGood.passed, failed: onGood.failed, inconclusive: onGood.inconclusive }
  const goodHolds = good.passed > 0 && good.failed + good.inconclusive === 0
  say(`${goodHolds ? pc.green('passed') : pc.red('failed')}  the good build: ${good.passed} of ${guards.length} guards`)
  for (const row of onGood.guards.filter((each) => each.outcome !== 'passed'))
    say(`  ${row.id}: ${shownText(row.message ?? 'no message')}`)

  const rows: ProofRow[] = []
  for (const build of builds) {
    if (stopping.signal.aborted) break
    const asked = options.all ? guards : [...new Set(build.kills.map((kill) => kill.guard))]
    const result = await runSuite(asked, seed, options, build.id, stopping.signal)
    // Half a build is not proven, and not refuted either.
    if (stopping.signal.aborted) break
    const proven = asked.map((guard) => judgeRow(root, build, guard, result))
    rows.push(...proven)
    for (const row of proven.filter((each) => each.named)) say(describe(row))
  }
  const named = rows.filter((row) => row.named)
  const result: ProveResult = {
    killed: named.filter((row) => row.result === 'killed').length,
    total: named.length,
    good,
    rows,
    seed,
    durationMs: Date.now() - startedAt,
  }
  const matrix = killMatrix(builds, guards, rows, onGood.guards)
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else say(`\n${matrix}\n`)
  const closing = `${result.killed} of ${result.total} killed in ${formatMs(result.durationMs)}`
  say(closing)
  addToJobPage([
    `### ${closing} on ${options.runtime}, seed ${seed}`,
    fenced(matrix),
    ...onGood.guards.filter(({ outcome }) => outcome !== 'passed').map((row) => fenced(describeFailure(row, onGood))),
    ...named
      .filter((row) => row.result !== 'killed')
      .map((row) => fenced(`${describe(row)}\n  ${again(row, result, options)}`)),
  ])
  stopping.end()
  if (stopping.signal.aborted) return stopping.exitCode
  return goodHolds && result.killed === result.total ? exitCodes.passed : exitCodes.failed
}

/** Without the pairs that only another runtime can show, and the builds that have no other. */
function onRuntime(builds: readonly KnownBadBuild[], runtime: string): KnownBadBuild[] {
  return builds
    .map((build) => ({
      ...build,
      kills: build.kills.filter((kill) => kill.runtime === undefined || kill.runtime === runtime),
    }))
    .filter((build) => build.kills.length > 0)
}

function select(builds: readonly KnownBadBuild[], words: readonly string[]): KnownBadBuild[] {
  if (words.length === 0) return [...builds]
  return words.flatMap((word) => {
    const found = builds.filter(
      (build) => build.id === word || build.kills.some((kill) => kill.guard.toUpperCase() === word.toUpperCase()),
    )
    if (found.length > 0) return found
    const near = nearest(
      word,
      builds.map((build) => build.id),
    )
    throw new HarnessError(
      'BAD_USAGE',
      `There is no known-bad build "${word}"${near ? `; did you mean "${near}"?` : '.'} They are in fixtures/knownBad.`,
    )
  })
}

/** A process of its own for each build, so that no state of one leaks into the next. */
async function runSuite(
  guards: readonly string[],
  seed: number,
  { runtime, scale }: ProveOptions,
  knownBad: string | undefined,
  stop: AbortSignal,
): Promise<SuiteResult> {
  const breakwater = join(import.meta.dirname, '..', '..', 'bin', 'breakwater.js')
  const run = execa(
    process.execPath,
    [
      breakwater,
      'suite',
      ...guards,
      '--exact',
      '--seed',
      String(seed),
      '--runtime',
      runtime,
      '--scale',
      scale,
      '--json',
    ],
    {
      // The page of the job is for what comes of them all: each build is to be red.
      env: { BREAKWATER_KNOWN_BAD: knownBad ?? '', [jobPageVariable]: '' },
      reject: false,
      stdin: 'ignore',
    },
  )
  // It ends its guards in order and tells of those that were judged.
  const end = () => run.kill('SIGINT')
  stop.addEventListener('abort', end)
  const { stdout, stderr } = await run
  stop.removeEventListener('abort', end)
  try {
    return JSON.parse(stdout) as SuiteResult
  } catch (cause) {
    throw new Inconclusive(`The suite gave no result: ${stderr.slice(-600)}`, { cause })
  }
}

function judgeRow(root: string, build: KnownBadBuild, guard: string, suite: SuiteResult): ProofRow {
  const kills = build.kills.filter((kill) => kill.guard === guard)
  const executed = suite.guards.find((row) => row.id === guard)
  const base = { build: build.id, guard, named: kills.length > 0, runFolder: executed?.folder ?? suite.runFolder }
  if (!executed) {
    throw new HarnessError('BAD_USAGE', `The known-bad build ${build.id} names the guard ${guard}, which did not run.`)
  }
  const message = executed.message ?? suite.errors.join('\n')
  const met = kills.find((kill) => message.includes(kill.assertion))
  const result = resultOf(root, build, executed, met !== undefined, kills.length > 0)
  return {
    ...base,
    result,
    durationMs: executed.durationMs,
    ...(kills[0] ? { assertion: (met ?? kills[0]).assertion } : {}),
    ...(message ? { message } : {}),
  }
}

function resultOf(root: string, build: KnownBadBuild, row: GuardRow, met: boolean, named: boolean): ProofResult {
  if (row.outcome === 'failed' && staleExit.test(row.message ?? '')) return 'stale'
  if (!wasLoaded(root, build, row)) return 'notLoaded'
  if (row.outcome === 'passed' || row.outcome === 'notRun') return 'survived'
  if (row.outcome === 'inconclusive') return 'inconclusive'
  if (!named) return 'noticed'
  return met ? 'killed' : 'otherAssertion'
}

/** The nodes themselves said so over the control channel; without it a red proves nothing about this build. */
function wasLoaded(root: string, build: KnownBadBuild, row: GuardRow): boolean {
  const path = join(root, row.folder ?? '', 'guard.json')
  if (!existsSync(path)) return false
  const { nodes } = JSON.parse(readFileSync(path, 'utf8')) as { nodes: { knownBad: string[] }[] }
  return nodes.some((node) => node.knownBad.includes(build.id))
}

function describe(row: ProofRow): string {
  const head = `${row.result === 'killed' ? pc.green('killed') : pc.red(row.result)}  ${row.build}  by ${row.guard}`
  if (row.result === 'killed') return `${head}  ${pc.dim(`"${row.assertion}"`)}`
  return `${head}\n  expected: ${row.assertion}\n  saw: ${shownText(row.message ?? 'nothing')}\n  Open ${row.runFolder}`
}

function again({ build }: ProofRow, { seed }: ProveResult, { runtime }: ProveOptions): string {
  const flags = ['--seed', seed, ...(runtime === 'process' ? [] : ['--runtime', runtime])]
  return `Again: ${shellCommand(['npm', 'run', 'prove', '--', build, ...flags])}`
}
