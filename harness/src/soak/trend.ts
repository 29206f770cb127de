/** One value at one time, ms on any clock. */
export interface Point {
  atMs: number
  value: number
}

/** How a series goes on average, with what chance leaves open at 99 %. */
export interface Trend {
  /** Per hour, in the unit of the values. */
  slopePerHour: number
  lowPerHour: number
  highPerHour: number
  /** Where the line begins: what growth is compared with. */
  startValue: number
  /** From the first point to the last one. */
  spanMs: number
  points: number
  /** Both halves rise by themselves: a step in the middle, and nothing else, does not. */
  rises: boolean
}

const hourMs = 3_600_000
/** Neighbouring readings of a process's memory resemble each other; the medians of ten stretches hardly do. */
const blockCount = 10
const pointsEachBlock = 2
/** Student's t, two-sided 99 %, for ten medians and a line through them: 8 degrees of freedom. */
const t99 = 3.355

/**
 * The line through a series, by least squares through the medians of ten stretches of equal time: a spike moves a median little, and what
 * one stretch shows tells little of the next. Undefined with too few points to say anything.
 */
export function trendOf(points: readonly Point[]): Trend | undefined {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || points.length < blockCount * pointsEachBlock) return undefined
  const spanMs = last.atMs - first.atMs
  const blocks = blocksOf(points, first.atMs, spanMs)
  if (!blocks) return undefined
  const line = lineThrough(blocks)
  const half = blockCount / 2
  const halves = [blocks.slice(0, half), blocks.slice(half)].map(lineThrough)
  return {
    slopePerHour: line.slope * hourMs,
    lowPerHour: (line.slope - t99 * line.error) * hourMs,
    highPerHour: (line.slope + t99 * line.error) * hourMs,
    startValue: line.at(first.atMs),
    spanMs,
    points: points.length,
    rises: halves.every(({ slope }) => slope > line.slope / 3),
  }
}

/** Undefined when some stretch has no reading at all: nobody knows how the series went there. */
function blocksOf(points: readonly Point[], fromMs: number, spanMs: number): Point[] | undefined {
  const blocks: Point[][] = Array.from({ length: blockCount }, () => [])
  for (const point of points) {
    const at = Math.min(blockCount - 1, Math.floor(((point.atMs - fromMs) / spanMs) * blockCount))
    blocks[at]?.push(point)
  }
  if (blocks.some((block) => block.length === 0)) return undefined
  return blocks.map((block) => ({
    atMs: block.reduce((sum, { atMs }) => sum + atMs, 0) / block.length,
    value: median(block.map(({ value }) => value)),
  }))
}

function lineThrough(points: readonly Point[]): { slope: number; error: number; at: (atMs: number) => number } {
  const n = points.length
  const meanAt = points.reduce((sum, { atMs }) => sum + atMs, 0) / n
  const meanValue = points.reduce((sum, { value }) => sum + value, 0) / n
  const spread = points.reduce((sum, { atMs }) => sum + (atMs - meanAt) ** 2, 0)
  const slope = points.reduce((sum, { atMs, value }) => sum + (atMs - meanAt) * (value - meanValue), 0) / spread
  const at = (atMs: number) => meanValue + slope * (atMs - meanAt)
  const residual = points.reduce((sum, { atMs, value }) => sum + (value - at(atMs)) ** 2, 0)
  return { slope, error: Math.sqrt(residual / (n - 2) / spread), at }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** How a series goes up and down: rises that were given back. */
export interface Churn {
  /** Falls of at least `leastFall` from the highest value since the fall before. */
  falls: number
  /** The greatest of them. */
  greatestFall: number
}

export function churnOf(points: readonly Point[], leastFall: number): Churn {
  let highest = Number.NEGATIVE_INFINITY
  let lowest = Number.POSITIVE_INFINITY
  let falls = 0
  let greatestFall = 0
  let falling = false
  for (const { value } of points) {
    if (falling && value > lowest + leastFall) {
      falling = false
      highest = value
    }
    if (!falling) highest = Math.max(highest, value)
    if (highest - value >= leastFall) {
      if (!falling) {
        falls++
        lowest = value
      }
      falling = true
      greatestFall = Math.max(greatestFall, highest - value)
    }
    if (falling) lowest = Math.min(lowest, value)
  }
  return { falls, greatestFall }
}
