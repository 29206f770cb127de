import { after, nowMs } from '../base/clock.ts'
import { asUnwritable, HarnessError, messageOf, type Unwritable } from '../base/errors.ts'
import type { Check } from '../check/named.ts'
import type { Exploration, ExploredWorkload, Stage } from '../explore/exploration.ts'
import { observeLastDigests } from '../explore/lastDigests.ts'
import { Pace } from '../explore/pace.ts'
import { Sightings } from '../explore/sightings.ts'
import type { Canary } from '../probe/canary.ts'
import type { BreakableCluster } from '../run/breakableCluster.ts'
import type { GuardRun } from '../run/guardRun.ts'
import { type PlayedFault, SchedulePlayer } from '../run/schedulePlayer.ts'
import { calmOf, latencyOf } from './calm.ts'
import { foreignRatio, readHostCpu } from './hostCpu.ts'
import type { Keepsakes } from './keepsakes.ts'
import type { CalmStretch } from './shape.ts'
import type { SoakFinding, SoakWindow } from './soakRecord.ts'
import type { WindowPlan } from './windowPlan.ts'

/** What all windows of one cluster share. */
export interface SoakBed<Client> {
  exploration: Exploration<Client>
  /** Each with its part of the rate, operations a second. */
  workloads: readonly { name: string; workload: ExploredWorkload<Client>; ratePerSecond: number }[]
  run: GuardRun
  cluster: BreakableCluster<Client>
  /** Among what the system depends on. */
  objectStore?: BreakableCluster
  host: Canary
  keepsakes: Keepsakes
  /** When the soak began, had it gone on without a break: ms since the epoch. */
  beganAtMs: number
  /** Aborts when somebody asks to stop. */
  stop: AbortSignal
}

/** A window under way, for whoever watches. */
export interface WindowUnderWay {
  plan: WindowPlan
  phase: 'calm' | 'faults' | 'settling' | 'judging'
  player: SchedulePlayer<never> | undefined
}

/** Undefined: it was interrupted, and nothing of it was judged. */
export async function soakWindow<Client>(
  bed: SoakBed<Client>,
  plan: WindowPlan,
  folder: string,
  tell: (underWay: WindowUnderWay) => void,
): Promise<{ window: SoakWindow; states: string[]; endedLogs: string[] } | undefined> {
  const { run, cluster, objectStore, stop, beganAtMs } = bed
  const { number } = plan
  const startedAtMs = nowMs()
  const findings: SoakFinding[] = []
  let unwritable: Unwritable | undefined
  const find = (by: string) => (error: unknown) => {
    // A full disk of ours is no finding about the system.
    unwritable ??= asUnwritable(error)
    if (asUnwritable(error)) return
    const message = messageOf(error)
    if (!stop.aborted && !findings.some((each) => each.message === message))
      findings.push({ window: number, by, message })
  }
  const stages = bed.workloads.map(({ workload, ratePerSecond }) => {
    const pace = new Pace(ratePerSecond)
    const window = { number, slot: plan.slot, pace }
    const stage: Stage<Client> = { cluster, run, window, ...(objectStore === undefined ? {} : { objectStore }) }
    return { workload, stage, pace }
  })
  const underWay: WindowUnderWay = { plan, phase: 'calm', player: undefined }
  tell(underWay)
  run.beginWindow(folder, { title: `window ${number} of the soak`, seed: plan.seed })
  for (const { workload, stage } of stages) await workload.prepare?.(stage).catch(find('prepare'))
  const { history } = run
  const window: SoakWindow = {
    number,
    seed: plan.seed.value,
    atMs: startedAtMs - beganAtMs,
    durationMs: 0,
    spared: plan.spared,
    operations: { ok: 0, fail: 0, info: 0 },
    latencyP50Ms: 0,
    latencyP99Ms: 0,
    faults: { healed: 0, withoutEffect: 0, notOpened: 0 },
    opened: [],
    verdicts: [],
    carried: [],
    findings,
  }
  const player = new SchedulePlayer({
    cluster,
    schedule: plan.schedule,
    history,
    objectStore,
    note: (text) => run.progress(text),
  })
  underWay.player = player as unknown as SchedulePlayer<never>
  const sightings = new Sightings(cluster as unknown as BreakableCluster<never>, bed.exploration.states, () =>
    player.open.map(({ family }) => family),
  )
  // A node that ended by itself is the news: there is no point in breaking the others until it is time to judge.
  const broken = AbortSignal.any([stop, ...cluster.nodes.map((node) => node.endsUnasked)])
  const ended = new AbortController()
  const work = Promise.all(
    stages.map(({ workload, stage }) => workload.work(stage, ended.signal).catch(find('workload'))),
  )
  let states: string[] = []
  try {
    const calm = await stayCalm(plan, bed, stages, broken)
    if (calm && !stop.aborted) {
      const { longestStallMs, readingCount } = await bed.host.between(calm.fromMs, calm.toMs)
      window.calm = {
        ...calmOf(history.operations, { window: number, ...calm }),
        ...(readingCount > 0 ? { hostStallMs: longestStallMs } : {}),
        foreignCpuRatio: calm.foreignCpuRatio,
        ...calm.arrivals,
      }
    }
    underWay.phase = 'faults'
    await player.play(broken).catch(find('fault'))
  } finally {
    ended.abort()
    await work
    states = [...sightings.end().keys()]
  }
  addFaults(window, player.played, beganAtMs)
  for (const problem of run.undeclared()) find('node')(problem)
  underWay.phase = 'settling'
  if (!stop.aborted && findings.length === 0) {
    run.progress('everything is healed')
    await settle(bed, stages).catch(find('liveness'))
  }
  underWay.phase = 'judging'
  if (!stop.aborted && !findings.some(({ by }) => by === 'fault' || by === 'node'))
    await judge(bed, stages, window, find)
  for (const problem of run.undeclared()) find('node')(problem)
  for (const { outcome } of history.operations) window.operations[outcome]++
  const { p50Ms, p99Ms } = latencyOf(history.operations.filter(({ outcome }) => outcome === 'ok'))
  window.latencyP50Ms = p50Ms
  window.latencyP99Ms = p99Ms
  window.durationMs = nowMs() - startedAtMs
  if (unwritable) throw unwritable
  if (stop.aborted) return undefined
  // What failed stays as it is, in the hands of whoever looks into it.
  const endedLogs = findings.length === 0 ? await run.endWindow() : []
  return { window, states, endedLogs }
}

/** Clients at work and nothing wrong. The times of the part that is measured; undefined when it was cut short. */
async function stayCalm<Client>(
  { settlingInMs, calmMs }: WindowPlan,
  { run }: SoakBed<Client>,
  stages: readonly { pace: Pace }[],
  broken: AbortSignal,
): Promise<CalmTimes | undefined> {
  await after(settlingInMs, broken)
  const [fromMs, host, own, before] = [nowMs(), readHostCpu(), ownCpuMs(run), arrivalsOf(stages)]
  await after(calmMs, broken)
  if (broken.aborted) return undefined
  const now = arrivalsOf(stages)
  return {
    fromMs,
    toMs: nowMs(),
    foreignCpuRatio: foreignRatio(host, readHostCpu(), ownCpuMs(run) - own),
    arrivals: {
      missed: now.missed - before.missed,
      offered: now.offered - before.offered,
      served: now.served - before.served,
    },
  }
}

interface CalmTimes {
  fromMs: number
  toMs: number
  foreignCpuRatio: number
  arrivals: Required<Pick<CalmStretch, 'missed' | 'offered' | 'served'>>
}

function arrivalsOf(stages: readonly { pace: Pace }[]): CalmTimes['arrivals'] {
  const sum = (of: (pace: Pace) => number) => stages.reduce((total, { pace }) => total + of(pace), 0)
  return { missed: sum((pace) => pace.missed), offered: sum((pace) => pace.offered), served: sum((pace) => pace.taken) }
}

/** Of this process and of all that the run started, the systems beside the cluster too; none of them ends while it is calm. */
function ownCpuMs({ nodes }: GuardRun): number {
  const { user, system } = process.cpuUsage()
  const ofNodes = nodes.map((node) => (node.running ? (node.life.reading()?.cpuMs ?? 0) : 0))
  return ofNodes.reduce((sum, ms) => sum + ms, (user + system) / 1_000)
}

type Stages<Client> = readonly { workload: ExploredWorkload<Client>; stage: Stage<Client> }[]

async function settle<Client>({ exploration }: SoakBed<Client>, stages: Stages<Client>): Promise<void> {
  for (const [at, { workload, stage }] of stages.entries()) {
    if (at === 0) await exploration.settle(stage)
    await workload.settle?.(stage)
  }
}

async function judge<Client>(
  { run, cluster, exploration, keepsakes }: SoakBed<Client>,
  stages: Stages<Client>,
  window: SoakWindow,
  find: (by: string) => (error: unknown) => void,
): Promise<void> {
  const checks: Check[] = stages.flatMap(({ workload }) => workload.checks)
  const { digest } = exploration.system.abilities
  try {
    if (digest && cluster.nodes.length > 1) {
      await observeLastDigests({ cluster, run }, digest)
      checks.push({ checker: 'converges' })
    }
    for (const { workload, stage } of stages) {
      await workload.observe(stage)
      for (const violation of (await workload.violations?.(stage)) ?? []) find('violation')(violation)
    }
  } catch (error) {
    find('observe')(error)
  }
  for (const { checker, options } of checks) {
    const { verdict, claim, found } = run.check(checker, options)
    window.verdicts.push({ checker, verdict })
    if (verdict === 'invalid') find(checker)(`${claim}: ${found}`)
  }
  // Its reads are in no history that is judged: they concern what other histories tell of.
  try {
    const { kept, lost } = await keepsakes.look(stages)
    window.carried = kept
    for (const sentence of lost) find('carried')(sentence)
  } catch (error) {
    find('carried')(error instanceof HarnessError ? error : new Error(messageOf(error), { cause: error }))
  }
}

function addFaults(window: SoakWindow, played: readonly PlayedFault[], beganAtMs: number): void {
  for (const { outcome, family, targets, openedAtMs, healedAtMs } of played) {
    if (outcome === 'notOpened' || openedAtMs === undefined || healedAtMs === undefined) {
      window.faults.notOpened++
      continue
    }
    window.faults.healed++
    if (outcome === 'withoutEffect') window.faults.withoutEffect++
    window.opened.push({ family, targets, fromMs: openedAtMs - beganAtMs, toMs: healedAtMs - beganAtMs })
  }
}
