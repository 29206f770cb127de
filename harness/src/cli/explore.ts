import { dirname, join, relative } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { Seed } from '../base/seed.ts'
import { type Shard, shownShard } from '../base/shard.ts'
import { type ExploreEvent, type ExploreResult, explore as exploreSystem, outcomeOf } from '../explore/explore.ts'
import { writeExplorePage } from '../explore/explorePage.ts'
import { loadExploration } from '../explore/loadExploration.ts'
import { describeRate } from '../explore/smallestPlan.ts'
import { writeArtifact } from '../run/artifact.ts'
import { createRunFolder } from '../run/runFolder.ts'
import { besides } from './besides.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'
import { describeExploration, describeRun, describeTrouble, shownFrom } from './exploreView.ts'
import { demandKnownBuilds } from './knownBuilds.ts'
import { stopOnSignal } from './stopOnSignal.ts'

export interface ExploreCommand {
  system: string
  runs: number
  seed?: number
  shard?: Shard
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
  demandShard(options)
  const build = process.env.BREAKWATER_KNOWN_BAD || undefined
  const seed = options.seed === undefined ? Seed.draw() : new Seed(options.seed)
  const folder = createRunFolder({ seed: seed.value })
  const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const onBuild = build === undefined ? '' : `, on the known-bad build ${build}`
  const part = options.shard === undefined ? '' : `, of them shard ${shownShard(options.shard)}`
  say(
    `seed ${pc.bold(String(seed.value))}, up to ${options.runs} runs${part} of ${options.system} on ${options.runtime}${onBuild}`,
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
      ...(options.shard === undefined ? {} : { shard: options.shard }),
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
    const saved = shownFrom(result, root)
    const path = join(folder.path, 'explore.json')
    if (options.json) {
      process.stdout.write(`${JSON.stringify(saved)}\n`)
      say(`All of it: ${relative(root, path)}`)
    } else process.stdout.write(closing(result, root, path))
    besides('explore.json', () => writeArtifact(path, `${JSON.stringify(saved, null, 2)}\n`))
    besides('The page of the exploration', () => writeExplorePage(folder.path, saved))
    return exitCodeOf(result, stopping.exitCode)
  } finally {
    stopping.end()
  }
}

/** Shards are parts of one seed's runs: without the seed there is nothing to be a part of. */
function demandShard({ seed, shard, runs }: ExploreCommand): void {
  if (!shard) return
  const named = `--shard ${shownShard(shard)}`
  if (seed === undefined)
    throw new HarnessError('BAD_USAGE', `${named} needs the seed that all shards share: add --seed.`)
  if (shard.index > runs) {
    throw new HarnessError(
      'BAD_USAGE',
      `${named} of ${runs} runs has none: ask for at least ${shard.count} --runs, or for fewer shards.`,
    )
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
  const parts = [
    ...describeExploration(result, root),
    `All of it: ${relative(root, path)}, and to look at: ${relative(root, join(dirname(path), 'report.html'))}`,
  ]
  return `\n${parts.join('\n\n')}\n`
}

function exitCodeOf(result: ExploreResult, interrupted: number): number {
  const outcome = outcomeOf(result)
  return result.interrupted && outcome !== 'failed' ? interrupted : exitCodes[outcome]
}
