import type { Random } from '../base/seed.ts'
import type { Histogram } from './histogram.ts'
import type { Scenario } from './scenario.ts'
import type { ScenarioRuns } from './scenarioRuns.ts'

export interface ClosedLoopPlan {
  /** Of all threads together. */
  users: number
  /** What a user waits between two runs. */
  thinkMs: number
  /** The chance of one user: which scenarios it goes through. */
  randomOf: (user: number) => Random
  pick: (random: Random) => Scenario
  windowMs: number
  /** Of all threads together; each user takes its part of them. */
  mostRuns: number
  timeoutMs: number
  share: { index: number; of: number }
  /** How late a timer of this thread came: there is no schedule to be behind of. */
  lag: Histogram
  signal?: AbortSignal | undefined
}

/** No answer comes over a socket sooner. */
const leastWaitMs = 0.02
const lagEveryMs = 10
/** A timer is served in whole milliseconds: up to so much late on an idle loop. */
const timerSlackMs = 1.1

/** Each user starts its next run when the one before has ended. Resolves when the last one has ended or was given up. */
export async function closedLoop(plan: ClosedLoopPlan, runs: ScenarioRuns): Promise<void> {
  const beganMs = performance.now()
  const users = Array.from({ length: plan.users }, (_, user) => user).filter(
    (user) => user % plan.share.of === plan.share.index,
  )
  const over = Promise.withResolvers<void>()
  let active = users.length
  const leave = () => {
    active--
    if (active === 0) over.resolve()
  }
  /** Runs of one window are numbered so that no two users share a number: user, user + users, user + 2 users … */
  const next = (user: number, random: Random, turn: number, nowMs: number) => {
    const number = user + turn * plan.users
    if (nowMs - beganMs >= plan.windowMs || number >= plan.mostRuns || plan.signal?.aborted) return leave()
    runs.start(plan.pick(random), number, nowMs, nowMs, (endedMs) => {
      const go = () => next(user, random, turn + 1, performance.now())
      if (plan.thinkMs > 0) setTimeout(go, plan.thinkMs)
      // A run that waited for nothing must not keep timers from being served.
      else if (endedMs - nowMs < leastWaitMs) setImmediate(go)
      else next(user, random, turn + 1, endedMs)
    })
  }
  const stopMeasuring = measureLag(plan.lag)
  if (active === 0) over.resolve()
  for (const user of users) next(user, plan.randomOf(user), 0, performance.now())
  const longestMs = plan.windowMs + 2 * plan.timeoutMs + plan.thinkMs
  const limit = setTimeout(() => over.resolve(), longestMs)
  await over.promise
  clearTimeout(limit)
  stopMeasuring()
  runs.close()
}

function measureLag(lag: Histogram): () => void {
  let dueMs = performance.now() + lagEveryMs
  const timer = setInterval(() => {
    const nowMs = performance.now()
    lag.record(nowMs - dueMs - timerSlackMs)
    dueMs = nowMs + lagEveryMs
  }, lagEveryMs)
  return () => clearInterval(timer)
}
