import { expect } from 'vitest'
import type { Budget } from '../base/budget.ts'
import { HarnessError, Inconclusive } from '../base/errors.ts'
import { type FailoverGap, judgeFailover } from '../base/failover.ts'
import type { Fault } from '../base/fault.ts'
import { isLatencyBudget } from '../base/latencyBudget.ts'
import { judgeLatencyBudget, type LatencySeries } from '../base/latencyVerdict.ts'
import { isRateBudget, judgeRate } from '../base/rateVerdict.ts'
import { formatBytes, formatCount, formatMs } from '../base/units.ts'
import type { Verdict } from '../check/verdict.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { NodeLog } from '../cluster/nodeLog.ts'
import type { MemoryProbe } from '../probe/memory.ts'

const leastSamples = 10
const longestSampleGapMs = 1_000

/** Throws INCONCLUSIVE where the window was not observed: too few samples, or a long gap between two. */
export function demandSamples(memory: MemoryProbe): void {
  const count = memory.samples.length
  if (count < leastSamples) {
    throw new Inconclusive(`Only ${count} memory samples were taken; a ceiling needs at least ${leastSamples}.`)
  }
  const gapMs = memory.longestGapMs()
  if (gapMs > longestSampleGapMs) {
    throw new Inconclusive(
      `Memory went unsampled for ${formatMs(gapMs)}; the most allowed is ${longestSampleGapMs} ms.`,
    )
  }
}

/** Throws INCONCLUSIVE where a log was not read: an incarnation without a byte cannot show that a line is absent. */
export function demandLog(log: NodeLog): void {
  log.refresh()
  if (log.incarnations.length === 0) throw new Inconclusive(`${log.node} was never started, so it has no log.`)
  const unread = log.incarnations.find((reader) => reader.bytesRead === 0)
  if (unread) {
    throw new Inconclusive(`No byte was read from ${unread.path}, so nothing can be said of what ${log.node} logged.`)
  }
}

expect.extend({
  toStayUnderBytes(memory: MemoryProbe, ceiling: number | Budget) {
    demandSamples(memory)
    const limit = typeof ceiling === 'number' ? ceiling : ceiling.limit
    const peak = memory.peakBytes()
    const source = typeof ceiling === 'number' ? '' : ` (${ceiling.name}: ${ceiling.source})`
    return {
      pass: peak < limit,
      message: () =>
        `peak memory was ${formatBytes(peak)} against a ceiling of ${formatBytes(limit)}${source}, ` +
        `over ${formatCount(memory.samples.length)} samples`,
    }
  },

  toLack(log: NodeLog, pattern: string | RegExp) {
    demandLog(log)
    const found = log.matches(pattern)
    return {
      pass: found.length === 0,
      message: () =>
        `the log of ${log.node} must lack ${String(pattern)}, but has it ${found.length} times, first: ` +
        `${found[0]?.slice(0, 300)}. Open ${log.path}.`,
    }
  },

  toContainLine(log: NodeLog, pattern: string | RegExp, times?: number) {
    demandLog(log)
    const count = log.count(pattern)
    return {
      pass: times === undefined ? count > 0 : count === times,
      message: () =>
        `the log of ${log.node} must contain ${String(pattern)} ${times === undefined ? 'at least once' : `${times} times`}, ` +
        `but has it ${count} times in ${formatCount(log.lines().length)} lines. Open ${log.path}.`,
    }
  },

  toHaveFired(fault: Fault, least = 1) {
    const effects = fault.effects()
    if (effects < least && !this.isNot) {
      throw new Inconclusive(
        `The fault "${fault.name}" fired ${effects} times where at least ${least} were needed ` +
          `(${JSON.stringify(fault.counts())}), so it proved nothing.`,
      )
    }
    return {
      pass: effects >= least,
      message: () => `the fault "${fault.name}" must not have fired, but it did ${effects} times`,
    }
  },

  async toConverge(cluster: Cluster, budget: Budget) {
    if (cluster.nodes.filter((node) => node.running).length < 2) {
      throw new Inconclusive('Fewer than two nodes are running, so there is nothing to converge.')
    }
    try {
      await cluster.converged(budget)
      return { pass: true, message: () => 'the cluster must not converge, but it did' }
    } catch (error) {
      if (!(error instanceof HarnessError && error.code === 'BUDGET_SPENT')) throw error
      return { pass: false, message: () => `the cluster must converge: ${error.message}` }
    }
  },

  toMeetBudget(reading: number | undefined | LatencySeries | readonly FailoverGap[], budget: Budget) {
    if (typeof reading === 'object') {
      const { verdict, found } = judgeSeries(reading, budget)
      const open = 'open' in reading && reading.open !== undefined ? ` Open ${reading.open}.` : ''
      if (verdict === 'inconclusive') throw new Inconclusive(`${found}${open}`)
      return { pass: verdict === 'met', message: () => `${found}${open}` }
    }
    if (reading === undefined || Number.isNaN(reading)) {
      throw new Inconclusive(`There is no reading for the budget "${budget.name}".`)
    }
    return {
      pass: reading <= budget.limit,
      message: () =>
        `${budget.name} was ${reading.toFixed(1)} ${budget.unit}, its budget is ${budget.limit} ${budget.unit} (${budget.source})`,
    }
  },

  toBeValid(verdict: Verdict) {
    if (verdict.verdict === 'unknown') {
      throw new Inconclusive(`${verdict.claim}: ${verdict.found} (witness ${JSON.stringify(verdict.witness)})`)
    }
    const told = [`${verdict.claim}: ${verdict.found}`, ...(verdict.trace ?? [])].join('\n')
    return { pass: verdict.verdict === 'valid', message: () => told }
  },
})

function judgeSeries(reading: LatencySeries | readonly FailoverGap[], budget: Budget) {
  if (!('windows' in reading)) return judgeFailover(reading, budget)
  if (isLatencyBudget(budget)) return judgeLatencyBudget(reading, budget)
  if (isRateBudget(budget)) return judgeRate(reading, budget)
  throw new TypeError(
    `The budget "${budget.name}" bounds no quantile: a load needs one made by latencyBudget() or rateBudget().`,
  )
}

interface BreakwaterMatchers<R> {
  /**
   * Peak memory is below the ceiling; INCONCLUSIVE without samples over the window. The peak is the kernel's mark of the node's
   * process; in a container also the anonymous memory of all its processes, sampled.
   */
  toStayUnderBytes(ceiling: number | Budget): R
  /** No incarnation logged such a line; INCONCLUSIVE if a log was not read. */
  toLack(pattern: string | RegExp): R
  /** Some incarnation logged such a line, or exactly so many lines match. */
  toContainLine(pattern: string | RegExp, times?: number): R
  /** The fault had an effect; else INCONCLUSIVE, never a plain failure. */
  toHaveFired(least?: number): R
  /** All running nodes reach the same digest within the budget. */
  toConverge(budget: Budget): Promise<void>
  /**
   * The reading is at most the budget's limit; INCONCLUSIVE without a reading. Latencies and failovers are judged by their
   * counts (`judgeLatencyBudget`, `judgeFailover`), and too few of them are INCONCLUSIVE, too.
   */
  toMeetBudget(budget: Budget): R
  /** A checker's verdict is valid; unknown is INCONCLUSIVE. */
  toBeValid(): R
}

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown>
    extends BreakwaterMatchers<R> {}
}
