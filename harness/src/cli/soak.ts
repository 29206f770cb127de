import { existsSync, readdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { asUnwritable, HarnessError } from '../base/errors.ts'
import { Seed } from '../base/seed.ts'
import { MiB } from '../base/units.ts'
import { loadExploration, loadNamedExploration } from '../explore/loadExploration.ts'
import { GuardRun } from '../run/guardRun.ts'
import { keepCluster } from '../run/keep.ts'
import { createRunFolder, openRunFolder, type RunFolder } from '../run/runFolder.ts'
import type { GuardRecord } from '../run/runRecord.ts'
import { openRuntime } from '../runtime/openRuntime.ts'
import { addFinding, type SoakOptions, saveIfPossible, soakOn } from '../soak/soak.ts'
import { outcomeAsGuard, writeSoakPage } from '../soak/soakPage.ts'
import { demandSoakable, readSoak, type SoakOutcome, type SoakRecord } from '../soak/soakRecord.ts'
import { besides } from './besides.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'
import { demandKnownBuilds } from './knownBuilds.ts'
import { SoakView } from './soakView.ts'
import { closingOf } from './soakWords.ts'
import { stopOnSignal } from './stopOnSignal.ts'

export interface SoakCommand {
  system: string
  duration?: number
  rate?: number
  window?: number
  seed?: number
  build?: string
  resume?: string
  keep: boolean
  keepWindows: number
  /** In MiB. */
  disk: number
  runtime: string
  json: boolean
}

/** What is soaked beside other systems, each on a cluster of its own. */
interface Task {
  options: SoakOptions & { folder: string }
  runtime: string
}

/** Resolves to the exit code: 1 as soon as something was found, 0 only when every claim has its witness. */
export async function soak(command: SoakCommand): Promise<number> {
  const root = process.cwd()
  const startedAt = new Date()
  if (command.build !== undefined) {
    demandKnownBuilds(command.build, root)
    process.env.BREAKWATER_KNOWN_BAD = command.build
  }
  const { tasks, folder } =
    command.resume === undefined
      ? await newTasks(command, root)
      : await resumedTasks(command.resume, systemsOf(command), root)
  const seed = tasks[0]?.options.seed.value ?? 0
  const view = new SoakView(command.json ? process.stderr : process.stdout)
  const interrupted = stopOnSignal(() =>
    view.print(pc.yellow('interrupted: ending what runs (again to leave at once)')),
  )
  // What one system shows ends the soak of all: somebody is to look at it.
  const found = new AbortController()
  const stop = AbortSignal.any([interrupted.signal, found.signal])
  view.print(`seed ${pc.bold(String(seed))}, artifacts in ${relative(root, folder.path)}`)
  try {
    const records = await Promise.all(
      tasks.map(async (task) => {
        const record = await soakOne(task, command, { stop, view })
        if (record.findings.length > 0) found.abort()
        return record
      }),
    )
    view.close()
    if (command.json)
      process.stdout.write(`${JSON.stringify({ folder: relative(root, folder.path), soaks: records.map(told) })}\n`)
    else
      process.stdout.write(
        `\n${records.map((record) => closingOf(record, relative(root, folder.path))).join('\n\n')}\n`,
      )
    besides('run.json', () => writeRun(folder, records, { startedAt, root, seed }))
    return exitCodeOf(records, interrupted.exitCode)
  } finally {
    view.close()
    interrupted.end()
  }
}

async function newTasks(command: SoakCommand, root: string): Promise<{ tasks: Task[]; folder: RunFolder }> {
  const { duration: durationMs } = command
  if (durationMs === undefined) {
    throw new HarnessError(
      'BAD_USAGE',
      'Say how long to soak (--duration 10m), or which soak to go on with (--resume <folder>).',
    )
  }
  const systems = systemsOf(command)
  const explorations = await Promise.all(systems.map((system) => loadExploration(system, root)))
  for (const [at, { soak }] of explorations.entries()) {
    if (!soak)
      throw new HarnessError(
        'BAD_USAGE',
        `The exploration of ${systems[at]} does not say how it is soaked (its "soak").`,
      )
  }
  const seed = command.seed === undefined ? Seed.draw() : new Seed(command.seed)
  const folder = createRunFolder({ seed: seed.value })
  const build = process.env.BREAKWATER_KNOWN_BAD || undefined
  const tasks = explorations.map((exploration, at): Task => {
    const system = systems[at] ?? ''
    return {
      runtime: command.runtime,
      options: {
        exploration,
        system,
        seed,
        durationMs,
        ...(command.window === undefined ? {} : { windowMs: command.window }),
        ...(command.rate === undefined ? {} : { ratePerSecond: command.rate }),
        keepWindows: command.keepWindows,
        mostDiskBytes: command.disk * MiB,
        ...(build === undefined ? {} : { build }),
        folder: folder.guardFolder(exploration.system.name),
      },
    }
  })
  return { tasks, folder }
}

function systemsOf({ system }: SoakCommand): string[] {
  return system.split(',').filter((name) => name !== '')
}

/** Everything but the cluster is as it was: also the seed, whose next window is the one that comes. */
async function resumedTasks(
  path: string,
  named: readonly string[],
  root: string,
): Promise<{ tasks: Task[]; folder: RunFolder }> {
  const given = resolve(root, path)
  const folders = existsSync(join(given, 'soak.json'))
    ? [given]
    : (existsSync(given) ? readdirSync(given) : [])
        .map((name) => join(given, name))
        .filter((each) => existsSync(join(each, 'soak.json')))
  if (folders.length === 0) {
    throw new HarnessError(
      'BAD_USAGE',
      `${path} holds no soak.json, neither itself nor in its folders: name the run folder of a soak.`,
    )
  }
  const tasks = await Promise.all(
    folders.map(async (folder): Promise<Task> => {
      const resumed = readSoak(folder)
      const from = join(folder, 'soak.json')
      const exploration = await loadNamedExploration(resumed.system, root, {
        from,
        asked: named.find((name) => name === resumed.system),
      })
      demandSoakable(resumed, exploration, from)
      if (resumed.build !== undefined) {
        demandKnownBuilds(resumed.build, root)
        process.env.BREAKWATER_KNOWN_BAD = resumed.build
      }
      if (resumed.findings.length > 0) {
        throw new HarnessError(
          'BAD_USAGE',
          `The soak of ${resumed.system} in ${path} found something in window ${resumed.findings[0]?.window}: there is nothing to go on with.`,
        )
      }
      const { system, durationMs, build } = resumed
      return {
        runtime: resumed.runtime,
        options: {
          exploration,
          system,
          seed: new Seed(resumed.seed),
          durationMs,
          ...(build === undefined ? {} : { build }),
          folder,
          resumed,
        },
      }
    }),
  )
  return { tasks, folder: openRunFolder(folders[0] === given ? resolve(given, '..') : given) }
}

async function soakOne(
  { options, runtime }: Task,
  { keep }: SoakCommand,
  { stop, view }: { stop: AbortSignal; view: SoakView },
): Promise<SoakRecord> {
  const { system, seed, folder, resumed } = options
  const title = `soak of ${system}`
  const runner = (resumed?.runners.length ?? 0) + 1
  const run = new GuardRun({
    id: 'SOAK',
    title,
    seed,
    folder: join(folder, `runner-${runner}`),
    openRuntime: () => openRuntime(runtime),
  })
  const soaked = await soakOn(run, { ...options, stop, tell: (event) => view.take(system, event) }).catch(
    async (error: unknown) => {
      await run.close()
      throw error
    },
  )
  const kept = keep && soaked.findings.length > 0
  if (kept) view.print(await keepCluster(run))
  const told = (message: string) => soaked.findings.some((each) => message.includes(each.message))
  for (const problem of await run.close({ keep: kept })) {
    if (!asUnwritable(problem) && !told(problem.message))
      addFinding(soaked, problem.code === 'LEFT_BEHIND' ? 'leftovers' : 'node', problem)
  }
  saveIfPossible(folder, soaked)
  besides('The page of the soak', () => writeSoakPage(folder, soaked))
  return soaked
}

function writeRun(
  folder: RunFolder,
  records: readonly SoakRecord[],
  { startedAt, root, seed }: { startedAt: Date; root: string; seed: number },
): void {
  const guards = records.map((record): GuardRecord => {
    const message = [...record.findings.map(({ by, message }) => `${by}: ${message}`), ...shapeFound(record)].join('\n')
    return {
      id: `SOAK ${record.system}`,
      title: `soak of ${record.system}`,
      file: `fixtures/systems/${record.system}/exploration.ts`,
      outcome: outcomeAsGuard[record.outcome],
      durationMs: record.elapsedMs,
      ...(message === '' ? {} : { message }),
      folder: relative(root, folder.path),
    }
  })
  folder.writeRun({
    seed,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    runtime: records[0]?.runtime ?? 'process',
    command: process.argv.slice(2),
    guards,
  })
}

function shapeFound({ verdicts }: SoakRecord): string[] {
  return verdicts.filter(({ verdict }) => verdict !== 'valid').map(({ claim, found }) => `${claim}: ${found}`)
}

/** For machines: windows and readings stay in soak.json. */
function told({ windows, readings, ...rest }: SoakRecord) {
  return { ...rest, windows: windows.length, readings: readings.length }
}

function exitCodeOf(records: readonly SoakRecord[], interrupted: number): number {
  const has = (outcome: SoakOutcome) => records.some((record) => record.outcome === outcome)
  if (has('failed')) return exitCodes.failed
  if (has('interrupted')) return interrupted
  return has('inconclusive') || records.length === 0 ? exitCodes.inconclusive : exitCodes.passed
}
