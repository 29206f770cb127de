import { existsSync, mkdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { HarnessError, messageOf } from '../base/errors.ts'
import { shownLine } from '../base/shownText.ts'
import { loadNamedExploration } from '../explore/loadExploration.ts'
import { demandDrawable, readPlan } from '../explore/plan.ts'
import { runPlan } from '../explore/runPlan.ts'
import { describeScheduled } from '../nemesis/schedule.ts'
import { tryWriteReport } from '../run/report/writeReport.ts'
import { createRunFolder, readRun } from '../run/runFolder.ts'
import type { RunRecord } from '../run/runRecord.ts'
import { openRuntime } from '../runtime/openRuntime.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'
import { longestEndMs } from './explore.ts'
import { describeRun } from './exploreView.ts'
import { demandKnownBuilds } from './knownBuilds.ts'
import { stopOnSignal } from './stopOnSignal.ts'

export interface ReplayCommand {
  repeat: number
  json: boolean
  runtime?: string
  /** In place of the one that the plan names. */
  system?: string
}

/** Runs again what a folder tells of: a run of an exploration with its schedule, or the guards of a suite with their seed. */
export async function replay(folder: string, options: ReplayCommand): Promise<number> {
  if (existsSync(join(folder, 'plan.json'))) return replayPlan(folder, options)
  if (existsSync(join(folder, 'run.json'))) return replaySuite(folder, options)
  throw new HarnessError(
    'BAD_USAGE',
    `${folder} cannot be replayed: it holds neither plan.json, of an exploration's run, nor run.json, of a suite.`,
  )
}

async function replayPlan(folder: string, options: ReplayCommand): Promise<number> {
  const root = process.cwd()
  const saved = readPlan(folder)
  const plan = { ...saved, runtime: options.runtime ?? saved.runtime }
  const from = join(folder, 'plan.json')
  const exploration = await loadNamedExploration(plan.system, root, { from, asked: options.system })
  demandDrawable(plan, exploration, from)
  if (plan.build !== undefined) demandKnownBuilds(plan.build, root)
  process.env.BREAKWATER_KNOWN_BAD = plan.build ?? ''
  const runFolder = createRunFolder({ seed: plan.seed })
  const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const onBuild = plan.build === undefined ? '' : ` on the known-bad build ${plan.build}`
  say(`seed ${pc.bold(String(plan.seed))}, workload ${plan.workload} of ${plan.system}${onBuild}, with:`)
  for (const fault of plan.schedule.faults) say(`  ${shownLine(describeScheduled(fault))}`)
  const stopping = stopOnSignal(() => say(pc.yellow('interrupted: ending what runs (again to leave at once)')), {
    withinMs: longestEndMs,
  })
  const runs: { findings: readonly unknown[]; troubles: readonly unknown[]; folder: string }[] = []
  try {
    for (let turn = 1; turn <= options.repeat && !stopping.signal.aborted; turn++) {
      const own = join(runFolder.path, `run-${turn}`)
      mkdirSync(own, { recursive: true })
      const outcome = await runPlan(exploration, plan, {
        folder: own,
        openRuntime: () => openRuntime(plan.runtime),
        stop: stopping.signal,
        judging: stopping.undisturbed,
      })
      if (outcome.interrupted) break
      runs.push({ findings: outcome.findings, troubles: outcome.troubles, folder: relative(root, own) })
      tryWriteReport(own)
      say(describeRun(turn, outcome))
    }
  } finally {
    stopping.end()
  }
  const failed = runs.filter(({ findings }) => findings.length > 0).length
  if (options.json) process.stdout.write(`${JSON.stringify({ plan, failed, repeats: runs.length, runs })}\n`)
  say(`${failed} of ${runs.length} failed  ${relative(root, runFolder.path)}`)
  if (stopping.signal.aborted) return stopping.exitCode
  if (failed > 0) return exitCodes.failed
  return runs.every(({ troubles }) => troubles.length > 0) ? exitCodes.inconclusive : exitCodes.passed
}

/** The guards that did not pass, or all of them if they did. */
async function replaySuite(folder: string, options: ReplayCommand): Promise<number> {
  const { guards, seed, runtime, scale, code } = readRunToReplay(folder)
  bringBack(code)
  const broken = guards.filter(({ outcome }) => outcome === 'failed' || outcome === 'inconclusive')
  const ids = [...new Set((broken.length > 0 ? broken : guards).map(({ id }) => id))]
  const { suite } = await import('./suite.ts')
  const { repeat, json } = options
  return suite(ids, {
    seed,
    repeat,
    json,
    keep: false,
    list: false,
    exact: true,
    runtime: options.runtime ?? runtime,
    scale,
  })
}

/** The build is one of ours, by its name. Commands and files that a folder names are not run or read: whoever means them sets them. */
function bringBack(code: RunRecord['code']): void {
  if (code?.knownBad !== undefined) process.env.BREAKWATER_KNOWN_BAD ??= code.knownBad
  const unset = Object.keys({ ...code?.builds, ...code?.settings }).filter((name) => !process.env[name])
  if (unset.length === 0) return
  process.stderr.write(
    `${pc.yellow(`The run was given ${unset.join(', ')}, which this replay is not: set it to repeat all of it.`)}\n`,
  )
}

/** What it is asked for is a run that can be replayed: anything else is bad usage. */
function readRunToReplay(folder: string): RunRecord {
  try {
    return readRun(folder)
  } catch (cause) {
    throw new HarnessError('BAD_USAGE', messageOf(cause).replace(/ \[[A-Z_]+\]$/, ''), { cause })
  }
}
