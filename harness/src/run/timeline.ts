import { join } from 'node:path'
import { formatMs } from '../base/units.ts'
import { counted } from '../check/verdict.ts'
import { lastSeenAtMs } from '../history/operation.ts'
import { writeArtifact } from './artifact.ts'
import { spanOfTimes } from './span.ts'
import { element, text, tooltip, wrapped } from './timeline/element.ts'
import { drawFaultStrip } from './timeline/faultStrip.ts'
import { drawAxis, frameOf, marginPx } from './timeline/frame.ts'
import { drawLanes } from './timeline/lanes.ts'
import { style } from './timeline/style.ts'
import { drawOutcomeKey, drawThroughput } from './timeline/throughput.ts'
import { drawVerdicts } from './timeline/verdictLines.ts'
import { readTimelineData, type TimelineData } from './timelineData.ts'

/**
 * The picture of a run, as one self-contained SVG: faults by name, a lane per node with its lives and its memory, the
 * operations, the verdicts. Takes a guard's folder, or what was read from one.
 */
export function drawTimeline(from: string | TimelineData): string {
  const data = typeof from === 'string' ? readTimelineData(from) : from
  const { startMs, endMs } = spanOfTimes(timesOf(data))
  const frame = frameOf(startMs, endMs)
  const subtitle = [
    `seed ${data.seed}`,
    formatMs(endMs - startMs),
    counted(data.nodes.length, 'node'),
    counted(data.operations.length, 'operation'),
  ]
  // Bold letters are wider than the estimate for plain ones of their size.
  const titleLines = wrapped(data.title, frame.widthPx - 2 * marginPx, 2, 20)
  const titleEndPx = 38 + (titleLines.length - 1) * 24
  const head =
    titleLines.map((line, at) => text(marginPx, 38 + at * 24, line, 'title')).join('') +
    text(marginPx, titleEndPx + 22, subtitle.join('   ·   '), 'quiet')

  const stripTopPx = titleEndPx + 46
  const faults = drawFaultStrip(data.faults, frame, stripTopPx)
  const lanesTopPx = stripTopPx + faults.heightPx + (faults.heightPx > 0 ? 6 : 0)
  const lanes = drawLanes(data.nodes, data.faults, frame, lanesTopPx)
  const throughputTopPx = lanesTopPx + lanes.heightPx
  const throughput = drawThroughput(data.operations, frame, throughputTopPx)
  const axisPx = throughputTopPx + throughput.heightPx + 4
  const keyPx = axisPx + 42
  const verdicts = drawVerdicts(data.checks, data.readings, frame, keyPx + 18)
  const heightPx = keyPx + 18 + verdicts.heightPx + marginPx - 8

  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${frame.widthPx} ${heightPx}`,
      width: frame.widthPx,
      height: heightPx,
      role: 'img',
    },
    tooltip(`${data.title}, seed ${data.seed}`),
    element('style', {}, style),
    element('rect', { width: frame.widthPx, height: heightPx, class: 'paper' }),
    head,
    faults.svg,
    drawAxis(frame, lanesTopPx, axisPx),
    lanes.svg,
    throughput.svg,
    drawOutcomeKey(data.operations, frame, keyPx),
    verdicts.svg,
  )}\n`
}

/** Draws timeline.svg into a guard's folder and returns its path. */
export function writeTimeline(folder: string): string {
  const path = join(folder, 'timeline.svg')
  writeArtifact(path, drawTimeline(folder))
  return path
}

/** All that is known to have happened at some time. */
function* timesOf({ nodes, operations, faults }: TimelineData): Generator<number | undefined> {
  for (const { lives } of nodes) {
    for (const { startedAtMs, exit, samples } of lives) {
      yield* [startedAtMs, exit?.atMs, samples[0]?.atMs, samples.at(-1)?.atMs]
    }
  }
  for (const operation of operations) yield* [operation.startedAtMs, lastSeenAtMs(operation)]
  for (const { openedAtMs, healedAtMs } of faults) yield* [openedAtMs, healedAtMs]
}
