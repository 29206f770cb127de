import { resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { HarnessError } from '../base/errors.ts'
import { parseDecimal, parseWholeNumber } from '../base/numbers.ts'
import { outliveReaders } from '../base/output.ts'
import { scales } from '../base/scale.ts'
import { largestSeed } from '../base/seed.ts'
import { parseShard, type Shard } from '../base/shard.ts'
import { shownText } from '../base/shownText.ts'
import { modelNames } from '../check/linearizable/models.ts'
import { pc } from './colours.ts'
import { parseDuration } from './duration.ts'
import { exitCodeHelp, exitCodeOf, exitCodes } from './exitCodes.ts'
import { exitOnUncaughtErrors, tellInternalError } from './internalError.ts'
import { goToRoot, rootAbove } from './root.ts'

const runtimes = ['process', 'docker']
const startedIn = process.cwd()

function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = parseWholeNumber(text)
    if (value !== undefined && value >= least && value <= most) return value
    const bound = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`
    throw new InvalidArgumentError(`It must be a whole number ${bound}, in digits.`)
  }
}

const seedNumber = wholeNumber(0, largestSeed)

function perSecond(text: string): number {
  const value = parseDecimal(text)
  if (value === undefined || value === 0) throw new InvalidArgumentError('It must be a number above 0: 250 or 0.5.')
  return value
}

function timesAboveOne(text: string): number {
  const value = parseDecimal(text)
  if (value === undefined || value <= 1) throw new InvalidArgumentError('It must be a number above 1: 1.25.')
  return value
}

function shard(text: string): Shard {
  const parsed = parseShard(text)
  if (!parsed) throw new InvalidArgumentError('It must be one of so many, counted from 1: 2/3.')
  return parsed
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('It must be a number with s, m, h or d, up to 365d: 90s, 8h.')
  return ms
}

/** An empty word is a variable of a script that nobody has set. */
function name(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.')
  return text
}

/** As the shell has it where the command was given, which may be below the root. */
function path(text: string): string {
  return rootAbove(startedIn) === startedIn ? name(text) : resolve(startedIn, name(text))
}

function paths(text: string, before: readonly string[] = []): string[] {
  return [...before, path(text)]
}

/** The timers of Node.js end at 24 days. */
function windowLength(text: string): number {
  const ms = duration(text)
  if (ms > 86_400_000) throw new InvalidArgumentError('A window is at most 1d.')
  return ms
}

function runtime(text: string): string {
  if (!runtimes.includes(text)) throw new InvalidArgumentError(`This version knows: ${runtimes.join(', ')}.`)
  return text
}

function scaleOption(): Option {
  return new Option('--scale <name>', 'how large the guards are that have two sizes').choices(scales).default('gate')
}

const program = new Command('breakwater')
  .description('Starts real clusters, breaks them on purpose and judges what happened.')
  .showSuggestionAfterError()
  .exitOverride()

program
  .command('suite')
  .description('run guards: all of the gate, or those named by id (PEER-1), by its beginning (PEER) or by a word')
  .argument('[guards...]', 'ids, beginnings of ids, or words of a file or title')
  .option('--seed <number>', 'bring back the chance of an earlier run', seedNumber)
  .option('--repeat <times>', 'run everything so many times', wholeNumber(1), 1)
  .option('--keep', 'leave the cluster up after a failure and say how to attach', false)
  .option('--json', 'print one JSON object on standard output, everything else on standard error', false)
  .option('--runtime <name>', 'where nodes run: process, or docker', runtime, 'process')
  .addOption(scaleOption())
  .option('--all', 'without words: also guards that are too long for every pull request', false)
  .option('--shard <index/count>', 'run one of so many parts that take about as long as each other', shard)
  .option(
    '--changed-since <ref>',
    'run only guards whose test file has changed since the branch left this commit; without words or --all, those of the gate',
    name,
  )
  .option('--for <duration>', 'run everything again, each time from a new seed, until this long has passed', duration)
  .option('--junit <file>', 'also write the verdicts as JUnit XML', path)
  .option('--record-durations', 'keep how long each guard took, for --shard to deal out', false)
  .option('--exact', 'take the words as whole ids: PEER-1 without PEER-1b', false)
  .option('--list', 'list the guards that there are, or those asked for, and run none', false)
  .action(async (guards, options) => {
    const { suite } = await import('./suite.ts')
    process.exitCode = await suite(guards, options)
  })

program
  .command('prove')
  .description('run each guard against the known-bad builds that it must reject, and print the kill matrix')
  .argument('[builds...]', 'ids of known-bad builds or of guards; all by default')
  .option('--seed <number>', 'bring back the chance of an earlier run', seedNumber)
  .option('--json', 'print one JSON object on standard output, everything else on standard error', false)
  .option('--runtime <name>', 'where nodes run: process or docker', runtime, 'process')
  .addOption(scaleOption())
  .option('--all', 'also run every guard on every build, to see which others notice', false)
  .action(async (builds, options) => {
    const { prove } = await import('./prove.ts')
    process.exitCode = await prove(builds, options)
  })

program
  .command('explore')
  .description(
    'run a system under random schedules of faults until something is found, and shrink the plan that found it',
  )
  .requiredOption(
    '--system <name>',
    'whose exploration: fixtures/systems/<name>/exploration.ts, or the path of such a file',
    name,
  )
  .option('--runs <number>', 'at most so many runs', wholeNumber(1), 200)
  .option('--seed <number>', 'bring back the chance of an earlier exploration', seedNumber)
  .option(
    '--shard <index/count>',
    'of these runs only every so-manyth: what one of several machines does; needs --seed, and `report` puts the folders of all together',
    shard,
  )
  .option('--build <id>', 'explore a known-bad build', name)
  .option('--workload <names...>', 'only these workloads of the system', [])
  .option('--keep-going', 'do not stop at the first failure; shrinks none', false)
  .option('--shrink-tries <number>', 'smaller plans to try after a failure; 0 to leave it as it is', wholeNumber(0), 40)
  .option('--runtime <name>', 'where nodes run: process, or docker', runtime, 'process')
  .option('--json', 'print one JSON object on standard output, everything else on standard error', false)
  .action(async (options) => {
    const { explore } = await import('./explore.ts')
    process.exitCode = await explore(options)
  })

program
  .command('soak')
  .description(
    'keep a cluster at work and break it for hours or days: windows of calm and of faults, each judged, and the shape of all',
  )
  .option(
    '--system <names>',
    'whose: fixtures/systems/<name>/exploration.ts, several with commas between them',
    name,
    'peer',
  )
  .option('--duration <duration>', 'how long: 10m, 8h, 3d', duration)
  .option(
    '--rate <perSecond>',
    "operations a second over all clients of a system; by default the system's own",
    perSecond,
  )
  .option(
    '--window <duration>',
    'about how long a window is; by default a twentieth of it all, 5 s to 2 m',
    windowLength,
  )
  .option('--seed <number>', 'bring back the chance of an earlier soak', seedNumber)
  .option('--build <id>', 'soak a known-bad build', name)
  .option('--resume <folder>', 'go on with a soak whose runner is gone, at its next window', path)
  .option('--keep', 'leave the cluster up when something was found, and say how to attach', false)
  .option('--keep-windows <number>', 'so many green windows keep their history', wholeNumber(0), 3)
  .option(
    '--disk <megabytes>',
    "what logs, histories and the nodes' data may take together",
    wholeNumber(10, 1_000_000_000),
    2_048,
  )
  .option('--runtime <name>', 'where nodes run: process, or docker', runtime, 'process')
  .option('--json', 'print one JSON object on standard output, everything else on standard error', false)
  .action(async (options) => {
    const { soak } = await import('./soak.ts')
    process.exitCode = await soak(options)
  })

program
  .command('replay')
  .description(
    "run again, with the same seed and schedule: a run's folder of an exploration, or the run folder of a suite",
  )
  .argument('<path>', 'a folder with plan.json or run.json', path)
  .option('--repeat <times>', 'run it so many times, and say how many failed', wholeNumber(1), 1)
  .option('--runtime <name>', 'another runtime than that of then: process, or docker', runtime)
  .option(
    '--system <name>',
    'of a plan: whose exploration, in place of the system that it names; a file is loaded only if it is named here',
    name,
  )
  .option('--json', 'print one JSON object on standard output, everything else on standard error', false)
  .action(async (path, options) => {
    const { replay } = await import('./replay.ts')
    process.exitCode = await replay(path, options)
  })

program
  .command('judge')
  .description(
    'judge saved histories: of a run by its checks again, of Jepsen, Knossos and Porcupine for linearizability',
  )
  .argument('<path>', "a run folder, a guard's folder in it, a history file, or a folder of Jepsen's store", path)
  .addOption(
    new Option('--model <name>', 'judge linearizability by this model, not by the checks of the run').choices(
      modelNames,
    ),
  )
  .option('--checker <name>', 'judge by this checker, not by the checks of the run; each of the README has its name')
  .option('--options <json>', 'options of that checker, such as \'{"table":"rows"}\'')
  .option('--initial <value>', 'what every key held before the history began, as JSON or EDN: 0, nil, \'"a"\'')
  .option('--keyed', "of a history of another tool: each value is [key value], as of Jepsen's independent keys")
  .option('--no-keyed', 'of a history of another tool: each value is a value, also where it looks like [key value]')
  .option('--json', 'print one JSON object', false)
  .action(async (path, options) => {
    const { judge } = await import('./judge.ts')
    process.exitCode = judge(path, options)
  })

program
  .command('report')
  .description(
    'compare saved runs: trends of budgets, flakes, slowest guards; of a single folder, make its report.html again; of explorations, put the shards together',
  )
  .argument('[folders...]', 'folders of runs, or folders that hold such; all of .breakwater/runs by default', paths)
  .option('--html <file>', 'write the comparison as one self-contained page', path)
  .option('--markdown', 'print Markdown; in a job of GitHub Actions, add it to the page of the job', false)
  .option('--json', 'print one JSON object on standard output, everything else on standard error', false)
  .action(async (folders, options) => {
    const { report } = await import('./report.ts')
    process.exitCode = report(folders, options)
  })

program
  .command('compare')
  .description('put two builds under the same load in turn, and say whether one is slower than the other')
  .argument('[comparisons...]', 'names of comparisons; all by default')
  .option('--base <build>', 'what to compare with: a command, or an image with --runtime docker; by default this tree')
  .option('--with <build>', 'the build in question, by default this tree')
  .option('--pairs <count>', 'pairs of clusters; by default as many as the limit needs', wholeNumber(1))
  .option('--limit <times>', 'how many times worse it may be', timesAboveOne)
  .option('--seed <number>', 'bring back the chance of an earlier run', seedNumber)
  .option('--json', 'print one JSON object on standard output, everything else on standard error', false)
  .option('--runtime <name>', 'where nodes run: process or docker', runtime, 'process')
  .action(async (comparisons, options) => {
    const { compare } = await import('./compare.ts')
    process.exitCode = await compare(comparisons, options)
  })

program
  .command('clean')
  .description('end clusters that --keep left up, and remove what runs left in the temp folder')
  .action(async () => {
    const { clean } = await import('./clean.ts')
    process.exitCode = await clean()
  })

for (const command of program.commands)
  command.showSuggestionAfterError().exitOverride().addHelpText('after', exitCodeHelp)
program.addHelpText('after', exitCodeHelp)
program.hook('preAction', (_, command) => {
  // Histories are judged wherever they lie.
  if (command.name() !== 'judge') goToRoot(startedIn, { isNeeded: ['suite', 'prove'].includes(command.name()) })
})

const json = process.argv.includes('--json')
exitOnUncaughtErrors({ json })

outliveReaders()
try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.passed : exitCodes.badUsage
  } else if (error instanceof HarnessError) {
    process.stderr.write(`${pc.red(shownText(error.message))}\n`)
    process.exitCode = exitCodeOf(error)
  } else {
    process.exitCode = tellInternalError(error, { json })
  }
}
