import { atLeast, atMost } from '../base/binomial.ts'
import { formatBytes, formatCount, formatMs } from '../base/units.ts'
import { conclude, type Verdict } from '../check/verdict.ts'
import { alpha, soakLimits } from './limits.ts'
import { longestLives, type NodeReading, spanOf } from './nodeReading.ts'
import { type Trend, trendOf } from './trend.ts'

/** What was measured in one calm stretch: clients at work, no fault open. */
export interface CalmStretch {
  window: number
  durationMs: number
  /** Clients arrived so often, a second, over the stretch. */
  acknowledged: number
  /** Ended `fail` or `info`. */
  failed: number
  latencyP50Ms: number
  latencyP99Ms: number
  longestGapMs: number
  /** The longest stall of the host in it; undefined where nobody watched. */
  hostStallMs?: number
  /** How much of the machine others had, 0 to 1. */
  foreignCpuRatio: number
  /** Arrivals that found no free client in time: the generator or the system was saturated. */
  missed: number
  /** Arrivals of the paced clients, and those of them that a client was free for. Absent in records of before. */
  offered?: number
  served?: number
}

type Measure = { name: string; of: (reading: NodeReading) => number | undefined }

const retained: Measure = { name: 'memory kept after a collection', of: (reading) => reading.retainedBytes }
const anonymous: Measure = { name: 'private memory', of: (reading) => reading.rssAnonBytes }
/** Private memory creeps while V8 tunes itself: shorter lives than this one tell nothing by it. */
const anonymousFromMs = 3_600_000

/** Nodes whose memory rises for as long as they are watched. */
export function judgeMemory(readings: readonly NodeReading[], warmUpMs: number): Verdict[] {
  const { leakPerHour, growthRatio, leastGrowthBytes } = soakLimits
  const parts = trendsOf(readings, warmUpMs)
  const leak = concludeOver(
    'noLeak',
    `no node keeps more than ${formatBytes(leakPerHour.limit)} an hour for ever`,
    parts,
    ({ trend, what }) => {
      const said = `${what} ${signed(trend.slopePerHour)} an hour (${signed(trend.lowPerHour)} to ${signed(trend.highPerHour)} at 99 %)`
      if (trend.lowPerHour > leakPerHour.limit)
        return trend.rises ? { refuted: said } : { doubt: `${said}, in one step` }
      return trend.highPerHour < leakPerHour.limit ? { upheld: said } : { doubt: said }
    },
  )
  const growth = concludeOver(
    'noGrowth',
    `no node grows by ${growthRatio.limit * 100} % after its warm-up`,
    parts,
    ({ trend, what }) => {
      const hours = trend.spanMs / 3_600_000
      const limit = Math.max(growthRatio.limit * trend.startValue, leastGrowthBytes.limit)
      const said = `${what} ${signed(trend.slopePerHour * hours)} from ${formatBytes(Math.round(trend.startValue))} in ${formatMs(trend.spanMs)}`
      if (trend.lowPerHour * hours > limit) return trend.rises ? { refuted: said } : { doubt: `${said}, in one step` }
      return trend.highPerHour * hours < limit ? { upheld: said } : { doubt: said }
    },
  )
  return [leak, growth]
}

/** Files and sockets, counted while no fault is open. */
export function judgeHandles(readings: readonly NodeReading[], warmUpMs: number): Verdict {
  const { moreHandles } = soakLimits
  const calm = [...longestLives(readings, warmUpMs).values()].map((life) => life.filter((each) => each.calm))
  const parts = calm.map((life) => partOf(life, { name: 'handles', of: (reading) => reading.handleCount }))
  return concludeOver(
    'flatHandles',
    `no node opens ${moreHandles.limit} files and sockets more than it closes`,
    parts,
    ({ trend, what }) => {
      const hours = trend.spanMs / 3_600_000
      const said = `${what} ${signedCount(trend.slopePerHour * hours)} from ${formatCount(trend.startValue)} in ${formatMs(trend.spanMs)}`
      if (trend.lowPerHour * hours > moreHandles.limit)
        return trend.rises ? { refuted: said } : { doubt: `${said}, in one step` }
      return trend.highPerHour * hours < moreHandles.limit ? { upheld: said } : { doubt: said }
    },
  )
}

/** Operations that fail although nothing is wrong. A host that stalls may make them slow; that they fail, it does not excuse. */
export function judgeErrors(stretches: readonly CalmStretch[]): Verdict {
  const { limit } = soakLimits.errorRatio
  const failed = sum(stretches, (each) => each.failed)
  const operations = failed + sum(stretches, (each) => each.acknowledged)
  const found = `${formatCount(failed)} of ${formatCount(operations)} operations failed while no fault was open`
  const refuted = failed > 0 && atLeast(failed, operations, limit) < alpha
  // At 95 %, which takes 30 000 operations without a failure.
  const upheld = operations > 0 && atMost(failed, operations, limit) < 0.05
  return conclude({
    checker: 'calmErrors',
    claim: `fewer than ${limit * 100} % of operations fail while no fault is open`,
    witness: { operations, failed },
    refutations: refuted ? [found] : [],
    doubts: upheld ? [] : [`${found}: too few to tell`],
    upheld: found,
  })
}

const leastStretches = 8

/**
 * How much of what is offered the system serves. The clients are paced, so their rate is the generator's own; what they found no time
 * for is the system's, or the host's: what the host may have taken widens the interval upwards, and makes nothing void.
 */
export function judgeThroughput(stretches: readonly CalmStretch[]): Verdict {
  const { limit } = soakLimits.unservedRatio
  const ratios = stretches.flatMap((stretch) => {
    const { offered = 0, served = 0 } = stretch
    return offered > 0 ? [{ low: Math.min(1, served / offered), high: excused(served / offered, stretch) }] : []
  })
  const [low, high] = [
    intervalOf(ratios.map((ratio) => ratio.low)).low,
    intervalOf(ratios.map((ratio) => ratio.high)).high,
  ]
  const percent = (ratio: number) => `${(Math.min(1, ratio) * 100).toFixed(1)} %`
  const found =
    `${formatCount(sum(stretches, (each) => each.served ?? 0))} of ${formatCount(sum(stretches, (each) => each.offered ?? 0))} ` +
    `arrivals were served (${percent(low)} to ${percent(high)} at 99 %) over ${ratios.length} calm stretches${hostWords(stretches)}`
  const few = ratios.length < leastStretches
  return conclude({
    checker: 'steadyThroughput',
    claim: `the system serves at least ${100 - limit * 100} % of what is offered while no fault is open`,
    witness: { stretches: ratios.length },
    refutations: !few && high < 1 - limit ? [found] : [],
    doubts: few
      ? [`there are ${ratios.length} calm stretches, ${leastStretches} are needed`]
      : low > 1 - limit
        ? []
        : [found],
    upheld: found,
  })
}

/** Of the mean of what was seen, at 99 %. */
function intervalOf(values: readonly number[]): { low: number; high: number } {
  const mean = values.reduce((total, value) => total + value, 0) / values.length
  const deviation = Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1))
  const spread = (student99(values.length - 1) * deviation) / Math.sqrt(values.length)
  return { low: mean - spread, high: mean + spread }
}

/** Student's t for 99 %, two-sided: the expansion of Cornish and Fisher, good to 1 % from 7 degrees of freedom on. */
function student99(freedom: number): number {
  return 2.576 + 4.92 / freedom + 8.83 / freedom ** 2
}

/** The longest time in which clients asked, no fault was open and nothing was acknowledged. */
export function judgeGaps(stretches: readonly CalmStretch[]): Verdict {
  const { limit } = soakLimits.calmGapMs
  const isClear = (stretch: CalmStretch) => stretch.longestGapMs <= limit
  const refuting = stretches.filter((stretch) => ownGapMs(stretch) > limit)
  const clear = stretches.filter(isClear)
  const open = stretches.length - clear.length - refuting.length
  const worst = (refuting.length > 0 ? refuting : clear).toSorted((a, b) => b.longestGapMs - a.longestGapMs)[0]
  const found = `the longest time without an acknowledgement was ${formatMs(worst?.longestGapMs ?? 0)}, in window ${worst?.window}`
  const excusedWords =
    open === 0 ? '' : `; ${open} of ${stretches.length} calm stretches had a longer one, which the host may have made`
  return conclude({
    checker: 'calmGap',
    claim: `clients are served again within ${formatMs(limit)} while no fault is open`,
    witness: { stretches: stretches.length, clear: clear.length },
    refutations: refuting.length > 0 ? [found] : [],
    doubts:
      clear.length === 0 || clear.length * 2 < stretches.length
        ? [`too few calm stretches can be judged${excusedWords}`]
        : [],
    upheld: `${found}${excusedWords}`,
  })
}

/** The part of the longest gap that the host cannot have made: all of it less its stall, at the pace that others left us. */
function ownGapMs({ longestGapMs, hostStallMs, foreignCpuRatio }: CalmStretch): number {
  if (hostStallMs === undefined) return 0
  return longestGapMs * leftOver(foreignCpuRatio) - hostStallMs
}

/** The ratio as it may have been on an idle host: 1 at the most. */
function excused(ratio: number, { durationMs, hostStallMs = durationMs, foreignCpuRatio }: CalmStretch): number {
  return Math.min(1, ratio / leftOver(foreignCpuRatio) + hostStallMs / durationMs)
}

/** What others left of the machine. */
function leftOver(foreignCpuRatio: number): number {
  return 1 - Math.min(0.99, Math.max(0, foreignCpuRatio - soakLimits.ordinaryForeignRatio.limit))
}

function hostWords(stretches: readonly CalmStretch[]): string {
  const foreign = Math.max(0, ...stretches.map((each) => each.foreignCpuRatio))
  const stallMs = Math.max(0, ...stretches.map((each) => each.hostStallMs ?? 0))
  if (foreign <= soakLimits.ordinaryForeignRatio.limit && stallMs < 250) return ''
  return `; others had up to ${Math.round(foreign * 100)} % of the machine and it stalled for up to ${formatMs(stallMs)}, which is in the interval`
}

interface Part {
  node: string
  what: string
  trend: Trend | undefined
  spanMs: number
}

function trendsOf(readings: readonly NodeReading[], warmUpMs: number): Part[] {
  return [...longestLives(readings, warmUpMs).values()].flatMap((life) => {
    const keeps = life.some((each) => each.retainedBytes !== undefined)
    const measures = [...(keeps ? [retained] : []), ...(!keeps || spanOf(life) >= anonymousFromMs ? [anonymous] : [])]
    return measures.map((measure) => partOf(life, measure))
  })
}

function partOf(life: readonly NodeReading[], { name, of }: Measure): Part {
  const points = life.flatMap((reading) => {
    const value = of(reading)
    return value === undefined ? [] : [{ atMs: reading.atMs, value }]
  })
  const node = life[0]?.node ?? ''
  return { node, what: `${node} ${name}`, trend: trendOf(points), spanMs: spanOf(life) }
}

/** One node that breaks the claim is enough; one that can be judged is needed: those that are killed all the time cannot. */
function concludeOver(
  checker: string,
  claim: string,
  parts: readonly Part[],
  judge: (part: Part & { trend: Trend }) => { refuted?: string; doubt?: string; upheld?: string },
): Verdict {
  const judged = parts.flatMap((part) => (part.trend ? [judge({ ...part, trend: part.trend })] : []))
  const pick = (name: 'refuted' | 'doubt' | 'upheld') => judged.flatMap((each) => each[name] ?? [])
  const doubts = pick('doubt')
  const longest = Math.max(0, ...parts.map(({ spanMs }) => spanMs))
  return conclude({
    checker,
    claim,
    witness: { nodesJudged: judged.length, longestLifeMs: Math.round(longest) },
    refutations: pick('refuted'),
    doubts:
      judged.length > 0
        ? doubts
        : [`no node lived long enough to tell: the longest was watched for ${formatMs(longest)} after its warm-up`],
    upheld: pick('upheld').join('; '),
  })
}

const signed = (bytes: number) => `${bytes < 0 ? '-' : '+'}${formatBytes(Math.abs(Math.round(bytes)))}`
const signedCount = (count: number) => `${count < 0 ? '-' : '+'}${formatCount(Math.abs(count))}`

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
