import { existsSync, globSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import Table from 'cli-table3'
import type { Budget } from '../base/budget.ts'
import { HarnessError } from '../base/errors.ts'
import { judgeRatio, pairsFor, type RatioVerdict } from '../base/ratioVerdict.ts'
import { Seed } from '../base/seed.ts'
import { shellCommand } from '../base/shellQuote.ts'
import { shownLine } from '../base/shownText.ts'
import { formatCount } from '../base/units.ts'
import { writeArtifact } from '../run/artifact.ts'
import { type ArmFigures, type Comparison, runArm } from '../run/comparison.ts'
import { createRunFolder } from '../run/runFolder.ts'
import { openProcessRuntime } from '../runtime/process.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'
import { addToJobPage, fenced } from './jobPage.ts'
import { stopOnSignal } from './stopOnSignal.ts'

export interface CompareOptions {
  base?: string
  with?: string
  pairs?: number
  limit?: number
  seed?: number
  runtime: string
  json: boolean
}

type Arm = 'base' | 'with'
type Pair = Record<Arm, ArmFigures>

/** The figures that two builds are told apart by; never tails, never the best of several. */
const figures = [
  { name: 'p50', of: (arm: ArmFigures) => arm.p50Ms, unit: 'ms', isBetterAbove: false },
  { name: 'throughput', of: (arm: ArmFigures) => arm.okPerSecond, unit: '/s', isBetterAbove: true },
  { name: 'CPU per operation', of: (arm: ArmFigures) => arm.cpuMsPerOperation, unit: 'ms', isBetterAbove: false },
] as const

export interface CompareResult {
  comparison: string
  base: string
  with: string
  seed: number
  pairs: Pair[]
  /** Pairs left out because the generator was what was measured. */
  voidPairs: string[]
  figures: (RatioVerdict & { figure: string; base: number; with: number })[]
  verdict: RatioVerdict['verdict']
}

/** Ends with the exit code of the worst comparison. */
export async function compare(words: readonly string[], options: CompareOptions): Promise<number> {
  if (options.base === undefined && options.with === undefined) {
    throw new HarnessError('BAD_USAGE', 'Say what to compare: --base, --with or both; the one left out is this tree.')
  }
  const root = process.cwd()
  const comparisons = await findComparisons(root, words)
  const builds = { base: buildOf(options.base, options.runtime), with: buildOf(options.with, options.runtime) }
  const runtime = await openRuntime(options.runtime)
  const seed = options.seed === undefined ? Seed.draw() : new Seed(options.seed)
  const folder = createRunFolder({ seed: seed.value, root: join(root, '.breakwater', 'comparisons') })
  const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const interrupted = stopOnSignal(() => say(pc.yellow('interrupted: ending what runs (again to leave at once)')))
  const results: CompareResult[] = []
  try {
    for (const comparison of comparisons) {
      if (interrupted.signal.aborted) break
      const context = { seed, runtime, folder: folder.guardFolder(comparison.name), say, signal: interrupted.signal }
      results.push(await compareBuilds(withLimit(comparison, options.limit), builds, options.pairs, context))
    }
  } finally {
    await runtime.close()
    interrupted.end()
  }
  writeArtifact(join(folder.path, 'compare.json'), `${JSON.stringify(results, null, 2)}\n`)
  if (interrupted.signal.aborted) return interrupted.exitCode
  const told = results.map((result) => describe(result, relative(root, folder.path)))
  if (options.json) process.stdout.write(`${JSON.stringify({ comparisons: results })}\n`)
  else for (const text of told) say(text)
  const again = againWith(words, options, seed)
  for (const [at, { comparison, verdict }] of results.entries()) {
    addToJobPage([`### ${comparison}: ${verdict}`, fenced(`${told[at]}\nAgain: ${again}`)])
  }
  if (results.some(({ verdict }) => verdict === 'broken')) return exitCodes.failed
  return results.every(({ verdict }) => verdict === 'met') ? exitCodes.passed : exitCodes.inconclusive
}

function againWith(words: readonly string[], options: CompareOptions, seed: Seed): string {
  const { base, with: other, pairs, limit, runtime } = options
  const given = { base, with: other, pairs, limit, runtime: runtime === 'process' ? undefined : runtime }
  const flags = Object.entries({ ...given, seed: seed.value }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  )
  return shellCommand(['npm', 'run', 'compare', '--', ...words, ...flags])
}

/** What is put into the environment; undefined stands for this tree. */
type Builds = Record<Arm, string | undefined>

interface CompareContext {
  seed: Seed
  runtime: Runtime
  folder: string
  say: (line: string) => void
  signal: AbortSignal
}

/** Pairs of fresh clusters, AB and BA in turn: a machine that slows down slows both. */
async function compareBuilds(
  comparison: Comparison,
  builds: Builds,
  pairCount: number | undefined,
  context: CompareContext,
): Promise<CompareResult> {
  const { seed, runtime, folder, say, signal } = context
  const count = pairCount ?? pairsFor(comparison.budget.limit)
  const variable = `BREAKWATER_${comparison.system.name.toUpperCase()}_${runtime.name === 'docker' ? 'IMAGE' : 'COMMAND'}`
  say(`${comparison.name}: ${nameOf(builds.base)} against ${nameOf(builds.with)}, ${count} pairs, seed ${seed.value}`)
  const pairs: Pair[] = []
  const voidPairs: string[] = []
  const standing = process.env[variable]
  const carry = async (arm: Arm, at: number) => {
    setVariable(variable, builds[arm] ?? standing)
    const pairSeed = new Seed(seed.stream(`pair ${at}`).integer(0, 0xffffffff))
    return await runArm(comparison, { seed: pairSeed, runtime, folder: join(folder, `${at}.${arm}`), signal })
  }
  try {
    for (let at = 1; at <= count && !signal.aborted; at++) {
      const order: [Arm, Arm] = at % 2 === 1 ? ['base', 'with'] : ['with', 'base']
      const pair = { [order[0]]: await carry(order[0], at), [order[1]]: await carry(order[1], at) } as Pair
      const reason = pair.base.voidBecause ?? pair.with.voidBecause
      if (reason === undefined) pairs.push(pair)
      else voidPairs.push(`pair ${at}: ${reason}`)
      say(
        `  ${at} of ${count}: base ${armText(pair.base)}; with ${armText(pair.with)}${reason ? `; void, ${reason}` : ''}`,
      )
    }
  } finally {
    setVariable(variable, standing)
  }
  return {
    comparison: comparison.name,
    base: nameOf(builds.base),
    with: nameOf(builds.with),
    seed: seed.value,
    pairs,
    voidPairs,
    ...judgePairs(pairs, comparison.budget),
  }
}

/** Failures come first: a build that refuses everything is quick. */
export function judgePairs(pairs: readonly Pair[], budget: Budget): Pick<CompareResult, 'figures' | 'verdict'> {
  const judged = figures.map(({ name, of, isBetterAbove }) => ({
    figure: name,
    base: medianOf(pairs.map((pair) => of(pair.base))),
    with: medianOf(pairs.map((pair) => of(pair.with))),
    ...judgeRatio(
      name,
      pairs.map((pair) => ({ base: of(pair.base), with: of(pair.with) })),
      budget,
      { isBetterAbove },
    ),
  }))
  const failures = judgeFailures(pairs)
  const all = failures === undefined ? judged : [failures, ...judged]
  const has = (verdict: RatioVerdict['verdict']) => all.some((each) => each.verdict === verdict)
  return { figures: all, verdict: has('broken') ? 'broken' : has('inconclusive') ? 'inconclusive' : 'met' }
}

/** Undefined where no operation failed in either build. */
function judgeFailures(
  pairs: readonly Pair[],
): (RatioVerdict & { figure: string; base: number; with: number }) | undefined {
  const mean = (arm: Arm) => pairs.reduce((sum, pair) => sum + pair[arm].failRatio, 0) / pairs.length
  const failed = { base: mean('base'), with: mean('with') }
  if (failed.base === 0 && failed.with === 0) return undefined
  const percent = (ratio: number) => `${(ratio * 100).toFixed(2)} %`
  const found = `${percent(failed.with)} of the operations failed, ${percent(failed.base)} with the base`
  const isNew = failed.with > failed.base
  return {
    figure: 'failures',
    ...failed,
    verdict: isNew ? 'broken' : 'inconclusive',
    found: isNew ? `${found}.` : `${found}: figures of failures compare nothing.`,
  }
}

async function findComparisons(root: string, words: readonly string[]): Promise<Comparison[]> {
  const pattern = process.env.BREAKWATER_COMPARISONS ?? 'integrationTests/comparisons/*.ts'
  const modules = await Promise.all(
    globSync(pattern, { cwd: root })
      .sort()
      .map(async (path) => (await import(pathToFileURL(resolve(root, path)).href)) as { comparison?: Comparison }),
  )
  const found = modules.flatMap(({ comparison }) => (comparison === undefined ? [] : [comparison]))
  const unknown = words.find((word) => !found.some(({ name }) => name === word))
  if (unknown !== undefined || found.length === 0) {
    const names = found.map(({ name }) => name).join(', ') || 'none'
    throw new HarnessError(
      'BAD_USAGE',
      `There is no comparison ${unknown === undefined ? `in ${pattern}` : `"${unknown}"`}; there are: ${names}.`,
    )
  }
  return words.length === 0 ? found : found.filter(({ name }) => words.includes(name))
}

async function openRuntime(name: string): Promise<Runtime> {
  if (name === 'process') return openProcessRuntime()
  if (name !== 'docker') {
    throw new HarnessError('BAD_USAGE', `There is no runtime "${name}"; this version knows: process, docker.`)
  }
  const { openContainerRuntime } = await import('../runtime/container.ts')
  return openContainerRuntime()
}

/** Nodes run in folders of their own: words of a command that are files here are given whole paths. */
function buildOf(text: string | undefined, runtime: string): string | undefined {
  if (text === undefined) return text
  const isImage = runtime === 'docker'
  if (text.trim() === '') {
    throw new HarnessError('BAD_USAGE', `The ${isImage ? 'image' : 'command'} of a build is empty.`)
  }
  if (isImage) return text.trim()
  const isFile = (word: string, at: number) => (at > 0 || word.includes('/')) && existsSync(word)
  const words = text.trim().split(/\s+/)
  return words.map((word, at) => (isFile(word, at) ? resolve(word) : word)).join(' ')
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

function withLimit(comparison: Comparison, limit: number | undefined): Comparison {
  if (limit === undefined) return comparison
  return { ...comparison, budget: { ...comparison.budget, limit, source: '--limit' } }
}

function nameOf(build: string | undefined): string {
  return build ?? 'this tree'
}

function armText({ p50Ms, okPerSecond, cpuMsPerOperation, failRatio }: ArmFigures): string {
  const failed = failRatio > 0 ? `, ${(failRatio * 100).toFixed(2)} % failed` : ''
  return `p50 ${p50Ms.toFixed(2)} ms, ${okPerSecond.toFixed(0)}/s, ${cpuMsPerOperation.toFixed(3)} ms CPU an operation${failed}`
}

const colour = { met: pc.green, broken: pc.red, inconclusive: pc.yellow }

function describe(result: CompareResult, folder: string): string {
  const table = new Table({
    head: [result.comparison, 'base', 'with', 'times worse', 'at 99 %', 'verdict'],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  })
  for (const { figure, base, with: other, ratio, low, high, verdict } of result.figures) {
    const unit = figures.find(({ name }) => name === figure)?.unit ?? ''
    const interval = low === undefined || high === undefined ? '' : `${low.toFixed(3)} to ${high.toFixed(3)}`
    table.push([
      figure,
      `${show(base)} ${unit}`,
      `${show(other)} ${unit}`,
      ratio?.toFixed(3) ?? '',
      interval,
      colour[verdict](verdict),
    ])
  }
  const told = result.figures
    .filter(({ verdict }) => verdict !== 'met')
    .map(({ found, verdict }) => `${colour[verdict](verdict)}  ${shownLine(found)}`)
  return [
    table.toString(),
    ...told,
    ...result.voidPairs.map((text) => `void  ${shownLine(text)}`),
    `folder: ${folder}`,
  ].join('\n')
}

function show(value: number): string {
  return value >= 100 ? formatCount(value) : value.toFixed(3)
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
