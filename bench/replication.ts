import { Bench } from 'tinybench'
import type { PeerClient } from '../fixtures/systems/peer/client.ts'
import { nowMs } from '../harness/src/base/clock.ts'
import type { Cluster } from '../harness/src/cluster/cluster.ts'
import { highestRate } from './highestRate.ts'
import { startPeers } from './peerCluster.ts'
import type { BenchRow } from './row.ts'
import { batchSignals, SignalStream } from './signals.ts'

const where = { regions: ['eu', 'us', 'ap'], interRegion: { delayMs: 80 } }
const goalPerSecond = 25_000
const goalSeconds = 30
const convergenceGoalMs = 5_000
const warmUp = { perSecond: 5_000, seconds: 2 }
/** What the highest rate is looked for with. */
const stepSeconds = 10
const stepsPerSecond = [25_000, 35_000, 50_000, 70_000, 100_000]
const closeRatio = 1.1
/** A rate is held when so much of it was acknowledged in the time from the first transaction to the last answer. */
const heldRatio = 0.98

interface Step {
  offeredPerSecond: number
  seconds: number
  /** Signals that were acknowledged, over the time from when the first was due until the last answer. */
  reachedPerSecond: number
  /** From the last answer until all regions were equal. */
  convergedMs: number
  acknowledgedP99Ms: number
  worstLagSignals: number
  peersCpuUsPerSignal: number
  /** Of this process: it makes the signals, sends them and carries the lines between the regions. */
  ownCpuUsPerSignal: number
}

/**
 * Signals into three regions 80 ms apart, all of them replicated to all. A signal is one small row; they come in
 * transactions of 250. Each step has peers of its own, so that one step's rows and arrears are not the next one's.
 */
export async function benchReplication(): Promise<BenchRow[]> {
  const goal = await step(goalPerSecond, goalSeconds)
  const rows = goalRows(goal)
  const heldPerSecond = isHeld(goal) ? goalPerSecond : 0
  const found = await highestRate({ heldPerSecond, stepsPerSecond, closeRatio }, async (perSecond) => {
    const carried = await step(perSecond, stepSeconds)
    rows.push(stepRow(carried))
    return isHeld(carried)
  })
  const missed = found.missedPerSecond === undefined ? 'none was missed' : `${found.missedPerSecond} was missed`
  rows.push({
    name: `highest rate held for ${stepSeconds} s or more; ${missed}`,
    value: found.heldPerSecond,
    unit: 'signals/s',
    goal: 'no bound of its own',
  })
  return rows
}

async function step(perSecond: number, seconds: number): Promise<Step> {
  const timed = await startPeers(3, undefined, where)
  try {
    const warm = new SignalStream(timed.cluster, warmUp.perSecond)
    await carry(warm, warmUp.seconds)
    await timed.cluster.converged(120_000)
    return await measure(timed.cluster, new SignalStream(timed.cluster, perSecond, warm.nextNumber), perSecond, seconds)
  } finally {
    await timed.stop()
  }
}

async function measure(
  cluster: Cluster<PeerClient>,
  stream: SignalStream,
  perSecond: number,
  seconds: number,
): Promise<Step> {
  const peersCpuBeforeMs = peersCpuMs(cluster)
  const ownCpuBefore = process.cpuUsage()
  const startedAtMs = await carry(stream, seconds)
  const endedAtMs = nowMs()
  await cluster.converged(120_000)
  const convergedMs = nowMs() - endedAtMs
  const own = process.cpuUsage(ownCpuBefore)
  return {
    offeredPerSecond: perSecond,
    seconds,
    reachedPerSecond: (stream.acknowledgedSignals * 1_000) / (endedAtMs - startedAtMs),
    convergedMs,
    acknowledgedP99Ms: stream.acknowledged.quantile(0.99),
    worstLagSignals: stream.worstLagSignals,
    peersCpuUsPerSignal: ((peersCpuMs(cluster) - peersCpuBeforeMs) * 1_000) / stream.acknowledgedSignals,
    ownCpuUsPerSignal: (own.user + own.system) / stream.acknowledgedSignals,
  }
}

/** Sends so many seconds of the stream and awaits the last answer. Each second is one iteration of tinybench. Returns when it began. */
async function carry(stream: SignalStream, seconds: number): Promise<number> {
  const bench = new Bench({ iterations: seconds, time: 0, warmup: false, throws: true })
  let startedAtMs: number | undefined
  let second = 0
  const sendOneSecond = async () => {
    startedAtMs ??= nowMs()
    await stream.send(startedAtMs, 1_000 * second++, 1_000)
  }
  // Told that it is async: of a function that does not look it, tinybench makes one call more, uncounted, to find out.
  bench.add('one second', sendOneSecond, { async: true })
  await bench.run()
  const { runs } = bench.getTask('one second') ?? { runs: 0 }
  if (runs !== seconds || second !== seconds)
    throw new Error(`${second} s were sent and ${runs} counted, not ${seconds}.`)
  await stream.allAcknowledged()
  return startedAtMs ?? Number.NaN
}

function peersCpuMs(cluster: Cluster<PeerClient>): number {
  return cluster.nodes.reduce((sum, node) => sum + (node.life.reading()?.cpuMs ?? Number.NaN), 0)
}

function isHeld({ reachedPerSecond, offeredPerSecond, convergedMs }: Step): boolean {
  return reachedPerSecond >= offeredPerSecond * heldRatio && convergedMs < convergenceGoalMs
}

function goalRows(goal: Step): BenchRow[] {
  const noted = { goal: 'no bound of its own' }
  return [
    {
      name: `${goal.offeredPerSecond} signals/s into 3 regions for ${goal.seconds} s, in transactions of ${batchSignals}: reached`,
      value: goal.reachedPerSecond,
      unit: 'signals/s',
      goal: `>= ${goalPerSecond * heldRatio}`,
      met: goal.reachedPerSecond >= goalPerSecond * heldRatio,
    },
    {
      name: 'equal on all three after the last answer',
      value: goal.convergedMs,
      unit: 'ms',
      goal: `< ${convergenceGoalMs} ms`,
      met: goal.convergedMs < convergenceGoalMs,
    },
    { name: 'worst lag meanwhile', value: goal.worstLagSignals, unit: 'signals', ...noted },
    { name: 'acknowledged, p99', value: goal.acknowledgedP99Ms, unit: 'ms', ...noted },
    {
      name: 'processor time of the three peers together',
      value: goal.peersCpuUsPerSignal,
      unit: 'us/signal',
      ...noted,
    },
    { name: 'processor time of generator and lines', value: goal.ownCpuUsPerSignal, unit: 'us/signal', ...noted },
  ]
}

function stepRow(step: Step): BenchRow {
  const readings = [
    `worst lag ${step.worstLagSignals} signals`,
    `acknowledged p99 ${Math.round(step.acknowledgedP99Ms)} ms`,
    `equal after ${Math.round(step.convergedMs)} ms`,
    `peers ${step.peersCpuUsPerSignal.toFixed(1)} us/signal`,
    `generator and lines ${step.ownCpuUsPerSignal.toFixed(1)}`,
  ]
  return {
    name: `${step.offeredPerSecond} signals/s for ${step.seconds} s, ${isHeld(step) ? 'held' : 'not held'}; ${readings.join(', ')}: reached`,
    value: step.reachedPerSecond,
    unit: 'signals/s',
    goal: 'no bound of its own',
  }
}
