import { Seed } from '../base/seed.ts'
import type { Arrivals } from './arrivals.ts'
import { closedLoop } from './closedLoop.ts'
import { Histogram, type SavedHistogram } from './histogram.ts'
import { openLoop } from './openLoop.ts'
import { mixOf, type Scenario } from './scenario.ts'
import { type EndedOperation, type OnStep, ScenarioRuns } from './scenarioRuns.ts'
import { type SavedTally, Tallies } from './tally.ts'

/** The part of one window that one thread carries. Plain data: it is told to worker threads. */
export interface ShareOrder {
  loop: { type: 'open'; arrivals: Arrivals } | { type: 'closed'; users: number; thinkMs: number }
  seed: number
  /** Names the chance of this window. */
  stream: string
  windowMs: number
  mostRuns: number
  mostUnderWay: number
  timeoutMs: number
  boundsMs: readonly number[]
  share: { index: number; of: number }
}

export interface ShareReport {
  tallies: Map<string, SavedTally>
  lag: SavedHistogram
  /** Of this thread alone. */
  cpuMs: number
  elapsedMs: number
}

export interface ShareWatch {
  onOperation?: ((operation: EndedOperation) => void) | undefined
  onStep?: OnStep | undefined
  onProgress?: ((ended: { runs: number; failed: number }) => void) | undefined
  signal?: AbortSignal | undefined
}

const progressEveryMs = 250

/** Carries a share of a window to its end, in whichever thread it is called. */
export async function carryShare(
  order: ShareOrder,
  scenarios: readonly Scenario[],
  { onOperation, onStep, onProgress, signal }: ShareWatch,
): Promise<ShareReport> {
  const { seed, stream, windowMs, mostRuns, mostUnderWay, timeoutMs, share, boundsMs } = order
  const tallies = new Tallies(boundsMs)
  const lag = new Histogram()
  const runs = new ScenarioRuns({ tallies, seed, stream, timeoutMs, onOperation, onStep })
  const pick = mixOf(scenarios)
  const source = new Seed(seed)
  const progress = onProgress && setInterval(() => onProgress(soFar(tallies, scenarios)), progressEveryMs)
  const cpuBefore = process.threadCpuUsage()
  const beganMs = performance.now()
  const bounds = { pick, windowMs, mostRuns, timeoutMs, share, lag, signal }
  try {
    if (order.loop.type === 'open') {
      const { arrivals } = order.loop
      await openLoop({ ...bounds, arrivals, mostUnderWay, random: source.stream(`${stream}/arrivals`) }, runs)
    } else {
      const { users, thinkMs } = order.loop
      await closedLoop({ ...bounds, users, thinkMs, randomOf: (user) => source.stream(`${stream}/user ${user}`) }, runs)
    }
  } finally {
    clearInterval(progress)
  }
  const cpu = process.threadCpuUsage(cpuBefore)
  return {
    tallies: tallies.saved(),
    lag: lag.saved(),
    cpuMs: (cpu.user + cpu.system) / 1_000,
    elapsedMs: performance.now() - beganMs,
  }
}

function soFar(tallies: Tallies, scenarios: readonly Scenario[]): { runs: number; failed: number } {
  const known = scenarios.filter(({ name }) => tallies.has(name)).map(({ name }) => tallies.of(name))
  return {
    runs: known.reduce((sum, { count }) => sum + count, 0),
    failed: known.reduce((sum, { failCount, infoCount }) => sum + failCount + infoCount, 0),
  }
}
