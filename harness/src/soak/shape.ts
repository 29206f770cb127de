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

/** Operations that fail although nothing is wrong. */
export function judgeErrors(all: readonly CalmStretch[]): Verdict {
  const { limit } = soakLimits.errorRatio
  const stretches = all.filter(isSound)
  const failed = sum(stretches, (each) => each.failed)
  const operations = failed + sum(stretches, (each) => each.acknowledged)
  const found = `${formatCount(failed)} of ${formatCount(operations)} operations failed while no fault was open${voidWords(all, stretches)}`
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

/** How much the calm throughput differs from one window to the next. */
export function judgeThroughput(stretches: readonly CalmStretch[]): Verdict {
  const { variation } = soakLimits
  const sound = stretches.filter(isSound)
  const rates = sound.map((each) => (each.acknowledged * 1_000) / each.durationMs)
  const mean = rates.reduce((total, rate) => total + rate, 0) / rates.length
  const deviation = Math.sqrt(rates.reduce((total, rate) => total + (rate - mean) ** 2, 0) / (rates.length - 1))
  const ratio = deviation / mean
  // What is known of a deviation after n readings: about 1 / sqrt(2 (n - 1)) of it, times 2.58 for 99 %.
  const spread = 2.58 / Math.sqrt(2 * Math.max(1, rates.length - 1))
  const [low, high] = [ratio / (1 + spread), spread < 1 ? ratio / (1 - spread) : Number.POSITIVE_INFINITY]
  const found =
    `${mean.toFixed(1)} operations a second, give or take ${(ratio * 100).toFixed(1)} % (${(low * 100).toFixed(1)} to ` +
    `${(high * 100).toFixed(1)} % at 99 %) over ${sound.length} calm stretches` +
    voidWords(stretches, sound)
  const few = sound.length < leastStretches
  return conclude({
    checker: 'steadyThroughput',
    claim: `the throughput without faults varies by less than ${variation.limit * 100} %`,
    witness: { stretches: sound.length, void: stretches.length - sound.length },
    refutations: !few && low > variation.limit ? [found] : [],
    doubts: few
      ? [`only ${sound.length} calm stretches are sound, ${leastStretches} are needed${voidWords(stretches, sound)}`]
      : high < variation.limit
        ? []
        : [found],
    upheld: found,
  })
}

function voidWords(all: readonly CalmStretch[], sound: readonly CalmStretch[]): string {
  const count = all.length - sound.length
  return count === 0
    ? ''
    : `; ${count} of ${all.length} calm stretches are void, the machine stalled or was busy with other work`
}

/** The longest time in which clients asked, no fault was open and nothing was acknowledged. */
export function judgeGaps(stretches: readonly CalmStretch[]): Verdict {
  const { calmGapMs } = soakLimits
  const sound = stretches.filter(isSound)
  const worst = sound.toSorted((a, b) => b.longestGapMs - a.longestGapMs)[0]
  const found = `the longest time without an acknowledgement was ${formatMs(worst?.longestGapMs ?? 0)}, in window ${worst?.window}`
  return conclude({
    checker: 'calmGap',
    claim: `clients are served again within ${formatMs(calmGapMs.limit)} while no fault is open`,
    witness: { stretches: sound.length },
    refutations: worst && worst.longestGapMs > calmGapMs.limit ? [found] : [],
    doubts: worst ? [] : [`there was no calm stretch to judge by${voidWords(stretches, sound)}`],
    upheld: found,
  })
}

/**
 * A stall at the edge of a stretch moves its operations out of it: of a short one, a short stall moves too many. Where others had much of
 * the machine, nobody knows why something was slow.
 */
function isSound({ hostStallMs, durationMs, foreignCpuRatio }: CalmStretch): boolean {
  const { hostStallMs: most, variation, foreignCpuRatio: foreign } = soakLimits
  const mostStallMs = Math.min(most.limit, (durationMs * variation.limit) / 2)
  return hostStallMs !== undefined && hostStallMs <= mostStallMs && foreignCpuRatio <= foreign.limit
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
