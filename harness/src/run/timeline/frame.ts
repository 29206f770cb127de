import { formatCount } from '../../base/units.ts'
import { element, text } from './element.ts'

/** Where time lies on the picture: lanes begin and end at the same two edges, with names left and figures right. */
export interface Frame {
  widthPx: number
  leftPx: number
  rightPx: number
  startMs: number
  endMs: number
  x(atMs: number): number
}

export const marginPx = 24

export function frameOf(startMs: number, endMs: number): Frame {
  const widthPx = 1000
  const leftPx = 124
  const rightPx = widthPx - 128
  const spanMs = Math.max(endMs - startMs, 1)
  return {
    widthPx,
    leftPx,
    rightPx,
    startMs,
    endMs: startMs + spanMs,
    x: (atMs) => leftPx + Math.min(Math.max((atMs - startMs) / spanMs, 0), 1) * (rightPx - leftPx),
  }
}

/** Vertical lines over the lanes, and the time since the start below them. */
export function drawAxis(frame: Frame, topPx: number, bottomPx: number): string {
  const spanMs = frame.endMs - frame.startMs
  const stepMs = stepOf(spanMs)
  const parts: string[] = []
  for (let sinceMs = 0; sinceMs <= spanMs; sinceMs += stepMs) {
    const x = frame.x(frame.startMs + sinceMs)
    parts.push(element('line', { x1: x, x2: x, y1: topPx, y2: bottomPx, class: 'grid' }))
    parts.push(text(x, bottomPx + 16, timeOf(sinceMs, stepMs), 'quiet', 'middle'))
  }
  return parts.join('')
}

/** The finest of 1, 2, 5 times a power of ten (or whole minutes and hours) that gives at most eight steps. */
function stepOf(spanMs: number): number {
  const long = [10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000, 1_800_000, 3_600_000]
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, ...long]
  return steps.find((step) => spanMs / step <= 8) ?? Math.ceil(spanMs / 8 / 3_600_000) * 3_600_000
}

function timeOf(sinceMs: number, stepMs: number): string {
  if (stepMs < 1_000) return stepMs < 100 ? `${formatCount(sinceMs)} ms` : `${(sinceMs / 1_000).toFixed(1)} s`
  if (stepMs < 60_000) return `${formatCount(sinceMs / 1_000)} s`
  return stepMs < 3_600_000 ? `${formatCount(sinceMs / 60_000)} min` : `${formatCount(sinceMs / 3_600_000)} h`
}
