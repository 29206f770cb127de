import { dirname, join, relative } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { Seed } from '../base/seed.ts'
import { formatCount, formatMs } from '../base/units.ts'
import { type ExploreEvent, type ExploreResult, explore as exploreSystem, outcomeOf } from '../explore/explore.ts'
import { writeExplorePage } from '../explore/explorePage.ts'
import { loadExploration } from '../explore/loadExploration.ts'
import { describeRate } from '../explore/smallestPlan.ts'
import { writeArtifact } from '../run/artifact.ts'
import { createRunFolder } from '../run/runFolder.ts'
import { besides } from './besides.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'
import { describeCoverage, describeFound, describeRun, describeTrouble, describeWeakness } from './exploreView.ts'
import { demandKnownBuilds } from './knownBuilds.ts'
import { stopOnSignal } from './stopOnSignal.ts'

export interface ExploreCommand {
  system: string
  runs: number
  seed?: number
  build?: string
  workload: string[]
  runtime: string
  keepGoing: boolean
  shrinkTries: number
  json: boolean
}

/** Whatever hangs then: the watchdog ends what is left. */
export const longestEndMs = 8_000

/** Random schedules over a system until something is found. Resolves to the exit code. */
export async function explore(options: ExploreCommand): Promise<number> {
  const root = process.cwd()
  const exploration = await loadExploration(options.system, root)
  for (const name of options.workload) {
    if (Object.hasOwn(exploration.workloads, name)) continue
    const known = Object.keys(exploration.workloads).join(', ')
    throw new HarnessError('BAD_USAGE', `${options.system} has no workload "${name}"; it has: ${known}.`)
  }
  if (options.build !== undefined) {
    demandKnownBuilds(options.build, root)
    process.env.BREAKWATER_KNOWN_BAD = options.build
  }
  const build = process.env.BREAKWATER_KNOWN_BAD || undefined
  const seed = options.seed === undefined ? Seed.draw() : new Seed(options.seed)
  const folder = createRunFolder({ seed: seed.value })
  const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const onBuild = build === undefined ? '' : `, on the known-bad build ${build}`
  say(
    `seed ${pc.bold(String(seed.value))}, up to ${options.runs} runs of ${options.system} on ${options.runtime}${onBuild}`,
  )
  const stopping = stopOnSignal(() => say(pc.yellow('interrupted: ending what runs (again to leave at once)')), {
    withinMs: longestEndMs,
  })
  try {
    const result = await exploreSystem({
      exploration,
      system: options.system,
      seed,
      runs: options.runs,
      runtime: options.runtime,
      ...(build === undefined ? {} : { build }),
      ...(options.workload.length === 0 ? {} : { workloads: options.workload }),
      keepGoing: options.keepGoing,
      shrinkTries: options.shrinkTries,
      folder: folder.path,
      stop: stopping.signal,
      judging: stopping.undisturbed,
      tell: (event) => say(describeEvent(event)),
    })
    const saved = shown(result, root)
    const path = join(folder.path, 'explore.json')
    if (options.json) process.stdout.write(`${JSON.stringify(saved)}\n`)
    else process.stdout.write(closing(result, root, path))
    besides('explore.json', () => writeArtifact(path, `${JSON.stringify(saved, null, 2)}\n`))
    besides('The page of the exploration', () => writeExplorePage(folder.path, saved))
    return exitCodeOf(result, stopping.exitCode)
  } finally {
    stopping.end()
  }
}

function describeEvent(event: ExploreEvent): string {
  if (event.type === 'run') return describeRun(event.number, event.outcome)
  if (event.type === 'trouble') return describeTrouble(event.number, event.troubles)
  if (event.type === 'repeated') {
    const rate = `  it fails ${describeRate(event.rate)}`
    if (event.rate.failed === 0) return `${rate}: too seldom to look for a smaller one`
    return `${rate}, so each smaller plan gets ${event.triesEach === 1 ? 'one try' : `up to ${event.triesEach} tries`}`
  }
  if (event.type === 'shrinking')
    return `looking for a smaller plan than ${event.faults} faults that fails the same way`
  return `  ${event.failed ? pc.red('fails') : pc.green('holds')}  plan ${event.number} with ${event.faults} faults`
}

function closing(result: ExploreResult, root: string, path: string): string {
  const { runs, found, operations, faults, weak, durationMs, neverJudged } = result
  const isEvidence = outcomeOf(result) !== 'inconclusive'
  const head = found[0]
    ? `${pc.red('found')} after ${found[0].run} of ${runs} runs`
    : `${isEvidence ? pc.green('nothing found') : pc.yellow('nothing found, and no evidence')} in ${runs} runs`
  const parts = [
    ...found.map((each) => describeFound(each, root)),
    describeCoverage(result.coverage),
    ...describeWeakness(result),
    ...(neverJudged.length > 0
      ? [`${pc.yellow('never judged')}, for want of a witness: ${neverJudged.join(', ')}`]
      : []),
    ...(result.stopped === undefined ? [] : [`${pc.yellow('stopped')}: ${result.stopped}`]),
    `${head}, ${weak.length} of them weak, ${faults.effective} of ${faults.drawn} faults took effect: ${formatCount(operations.ok)} operations acknowledged, ${formatCount(operations.fail)} refused, ` +
      `${formatCount(operations.info)} undecided, in ${formatMs(durationMs)}  seed ${result.seed}`,
    `All of it: ${relative(root, path)}, and to look at: ${relative(root, join(dirname(path), 'report.html'))}`,
  ]
  return `\n${parts.join('\n\n')}\n`
}

/** Folders as a reader finds them from where the command was given. */
function shown(result: ExploreResult, root: string): ExploreResult {
  const found = result.found.map((each) => ({
    ...each,
    folder: relative(root, each.folder),
    ...(each.shrunk ? { shrunk: { ...each.shrunk, folder: relative(root, each.shrunk.folder) } } : {}),
  }))
  return { ...result, found }
}

function exitCodeOf(result: ExploreResult, interrupted: number): number {
  const outcome = outcomeOf(result)
  return result.interrupted && outcome !== 'failed' ? interrupted : exitCodes[outcome]
}
