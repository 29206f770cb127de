import { after, nowMs } from '../base/clock.ts'
import { asUnwritable, type ErrorCode, HarnessError, messageOf, type Unwritable } from '../base/errors.ts'
import { Seed } from '../base/seed.ts'
import { type Finding, saveFindings } from '../run/findings.ts'
import { GuardRun } from '../run/guardRun.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Act, Find } from './act.ts'
import type { Exploration, Stage } from './exploration.ts'
import { judgeRun } from './judgeRun.ts'
import { type ExplorationPlan, savePlan } from './plan.ts'
import { playRun } from './playRun.ts'
import type { RunOutcome } from './runOutcome.ts'
import { linesOf } from './states.ts'
import { troubleOf } from './trouble.ts'
import { weaknessOf } from './weakness.ts'

export interface RunPlanContext {
  folder: string
  openRuntime: () => Promise<Runtime>
  stop: AbortSignal
  /** Judges, which may keep this process busy for long: a signal that asks to stop must be obeyed meanwhile. */
  judging?: <T>(judge: () => T) => T
}

/** Asked to stop, what is under way may come to its own end for so long. */
const graceMs = 1_500

/** What keeps any run from starting here. */
const setUpCodes: ReadonlySet<string> = new Set<ErrorCode>([
  'BAD_USAGE',
  'COMMAND_NOT_FOUND',
  'PLATFORM_LACKS',
  'DOCKER_MISSING',
  'DOCKER_SILENT',
  'DOCKER_DENIED',
  'IMAGE_MISSING',
  'IMAGE_BROKEN',
])

/** Plays one plan on a cluster of its own and judges it. Leaves nothing behind. */
export async function runPlan<Client>(
  exploration: Exploration<Client>,
  plan: ExplorationPlan,
  { folder, openRuntime, stop, judging = (judge) => judge() }: RunPlanContext,
): Promise<RunOutcome> {
  const startedAt = performance.now()
  const seed = new Seed(plan.seed)
  savePlan(folder, plan)
  const title = `exploration of ${plan.system}, workload ${plan.workload}`
  const run = new GuardRun({ id: 'EXPLORE', title, seed, folder, openRuntime })
  const findings: Finding[] = []
  const outcome: RunOutcome = {
    plan,
    folder,
    durationMs: 0,
    findings,
    troubles: [],
    verdicts: [],
    operations: { ok: 0, fail: 0, info: 0 },
    played: [],
    seen: new Map(),
    followed: { onNode: [], acrossNodes: [] },
    loaded: [],
    interrupted: false,
  }
  // Beside the start of the cluster. Without it nobody knows how the host fared.
  const host = run.host().catch(() => undefined)
  /** What each is worth is known once the canary has told. */
  let judged: Promise<unknown> = host
  let halted = false
  // A full disk of ours is no finding about the system.
  let unwritable: Unwritable | undefined
  const find: Find =
    (by, { onAnyHost = false } = {}) =>
    (error) => {
      if (stop.aborted) return
      halted = true
      unwritable ??= asUnwritable(error)
      if (asUnwritable(error)) return
      const seen = { by, error, atMs: nowMs() }
      judged = judged
        .then(async () => (onAnyHost ? undefined : troubleOf(seen, await host)))
        .then((trouble) => {
          if (trouble) outcome.troubles.push(trouble)
          else findings.push({ by, message: messageOf(error) })
        })
    }
  const all = async () => {
    const workload = Object.hasOwn(exploration.workloads, plan.workload)
      ? exploration.workloads[plan.workload]
      : undefined
    if (!workload) throw new HarnessError('BAD_USAGE', `The system ${plan.system} has no workload "${plan.workload}".`)
    const dependencies = workload.isAlone ? undefined : exploration.dependencies
    const { env, objectStore } = (await dependencies?.start(run)) ?? { env: {} }
    const cluster = await run.startCluster({
      // In the report its states are marks of the log, too.
      system: { ...exploration.system, marks: { ...linesOf(exploration.states), ...exploration.system.marks } },
      nodes: plan.nodes,
      env: { ...env, ...plan.settings },
      powerCuts: exploration.powerCuts === true,
    })
    const stage: Stage<Client> = { cluster, run, ...(objectStore === undefined ? {} : { objectStore }) }
    const act: Act<Client> = {
      ...{ exploration, workload, plan, stage, stop, outcome, find, judging },
      host,
      judged: () => judged,
      halted: () => halted,
    }
    await playRun(act)
    await judged
    if (!stop.aborted && !unwritable && outcome.troubles.length === 0 && !findings.some(({ by }) => by === 'fault'))
      await judgeRun(act)
  }
  try {
    await untilStopped(stop, all())
  } catch (error) {
    // Says nothing of the system, and would say it again in every run.
    if (error instanceof HarnessError && setUpCodes.has(error.code)) throw error
    const isNews = error instanceof HarnessError && (error.code === 'NODE_EXITED' || error.code === 'NODE_ERROR')
    find(isNews ? 'node' : 'start')(error)
  } finally {
    outcome.interrupted = stop.aborted
    await judged
    // What still waits for a node that hangs need not wait for it.
    if (stop.aborted)
      await Promise.all(run.nodes.map((node) => (node.running ? node.kill().catch(() => {}) : undefined)))
    outcome.loaded = run.loadedBuilds()
    const told = new Set(findings.map(({ message }) => message))
    for (const problem of await run.close()) {
      unwritable ??= asUnwritable(problem)
      if (told.has(problem.message) || stop.aborted || asUnwritable(problem)) continue
      findings.push({ by: problem.code === 'LEFT_BEHIND' ? 'leftovers' : 'node', message: problem.message })
    }
    for (const { outcome: ended } of run.history.operations) outcome.operations[ended]++
    outcome.durationMs = performance.now() - startedAt
    const weak = findings.length === 0 && outcome.troubles.length === 0 ? weaknessOf(outcome) : undefined
    if (weak !== undefined) outcome.weak = weak
    if (!unwritable) saveFindings(folder, findings)
  }
  if (unwritable) throw unwritable
  return outcome
}

/** Resolves with the work, or a little after somebody asked to stop: whatever hangs then is left to the end of its nodes. */
async function untilStopped(stop: AbortSignal, work: Promise<void>): Promise<void> {
  const settled = new AbortController()
  const stopped = new Promise<void>((resolve) => {
    const isStopped = () => void after(graceMs, settled.signal).then(resolve)
    if (stop.aborted) isStopped()
    else stop.addEventListener('abort', isStopped, { once: true, signal: settled.signal })
  })
  try {
    await Promise.race([work, stopped])
  } finally {
    settled.abort()
    work.catch(() => {})
  }
}
