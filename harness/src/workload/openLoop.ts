import type { Random } from '../base/seed.ts'
import { type Arrivals, arrivalTimes } from './arrivals.ts'
import type { Histogram } from './histogram.ts'
import type { Scenario } from './scenario.ts'
import type { ScenarioRuns } from './scenarioRuns.ts'

export interface OpenLoopPlan {
  arrivals: Arrivals
  /** The same in every thread: each draws all arrivals and starts those of its share. */
  random: Random
  pick: (random: Random) => Scenario
  windowMs: number
  /** Of all threads together. */
  mostRuns: number
  /** Of this thread. What comes beyond waits its turn, and its latency runs on. */
  mostUnderWay: number
  timeoutMs: number
  share: { index: number; of: number }
  /** How late each run was started. */
  lag: Histogram
  signal?: AbortSignal | undefined
}

/**
 * Timers come between 0.1 and 1.1 ms late, and spinning would take a core from the system. So a tick also starts what is due up to
 * this much later; latency then counts from the start, which is the earlier of the two.
 */
const aheadMs = 0.5

interface Arrival {
  scenario: Scenario
  number: number
  atMs: number
}

/** Starts runs when they are due, whatever became of those before. Resolves when the last one has ended or was given up. */
export async function openLoop(plan: OpenLoopPlan, runs: ScenarioRuns): Promise<void> {
  const due = arrivalsOf(plan)
  const waiting: Arrival[] = []
  const beganMs = performance.now()
  const start = ({ scenario, number, atMs }: Arrival) =>
    runs.start(scenario, number, beganMs + atMs, performance.now(), startWaiting)
  function startWaiting() {
    const first = waiting.shift()
    if (first && !runs.isOver) start(first)
  }

  let next = due.next().value
  while (next && !plan.signal?.aborted) {
    for (;;) {
      const lateMs = performance.now() - beganMs - next.atMs
      if (lateMs < -aheadMs) break
      plan.lag.record(lateMs)
      if (runs.underWay < plan.mostUnderWay) start(next)
      else waiting.push(next)
      next = due.next().value
      if (!next) break
    }
    dropStale(waiting, plan, beganMs, runs)
    if (next) await tick(next.atMs - (performance.now() - beganMs))
  }
  while ((runs.underWay > 0 || waiting.length > 0) && !plan.signal?.aborted) {
    await tick(5)
    dropStale(waiting, plan, beganMs, runs)
    // Steps are given up by themselves; a run that hangs between its steps is not.
    if (performance.now() - beganMs > plan.windowMs + 2 * plan.timeoutMs) break
  }
  for (const { scenario, number, atMs } of waiting.splice(0)) runs.neverSent(scenario, number, beganMs + atMs)
  runs.close()
}

function* arrivalsOf({
  arrivals,
  random,
  pick,
  windowMs,
  mostRuns,
  share,
}: OpenLoopPlan): Generator<Arrival, undefined> {
  let number = 0
  for (const atMs of arrivalTimes(arrivals, random)) {
    if (atMs >= windowMs || number >= mostRuns) break
    const scenario = pick(random)
    if (number % share.of === share.index) yield { scenario, number, atMs }
    number++
  }
  return undefined
}

/** What waited longer than an answer may take has failed. */
function dropStale(waiting: Arrival[], { timeoutMs }: OpenLoopPlan, beganMs: number, runs: ScenarioRuns): void {
  const oldestMs = performance.now() - beganMs - timeoutMs
  while (waiting[0] && waiting[0].atMs < oldestMs) {
    const { scenario, number, atMs } = waiting.shift() as Arrival
    runs.neverSent(scenario, number, beganMs + atMs)
  }
}

function tick(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(1, Math.floor(ms))))
}
