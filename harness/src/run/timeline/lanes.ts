import { formatBytes } from '../../base/units.ts'
import type { MemorySample } from '../../probe/curve.ts'
import type { Exit } from '../../runtime/runtime.ts'
import type { SavedFault, SavedIncarnation } from '../runRecord.ts'
import { element, tenth, text, tooltip, widthOf } from './element.ts'
import { shade } from './faultStrip.ts'
import type { Frame } from './frame.ts'

export interface TimelineLife extends SavedIncarnation {
  samples: readonly MemorySample[]
}

export interface TimelineNode {
  name: string
  lives: readonly TimelineLife[]
}

const lanePx = 60
const gapPx = 10

/** A lane per node: its lives as bars with the memory curve in them, a gap while it is down. One scale for all lanes. */
export function drawLanes(nodes: readonly TimelineNode[], faults: readonly SavedFault[], frame: Frame, topPx: number) {
  const ceilingBytes = Math.max(1, ...nodes.flatMap((node) => node.lives.map(peakOf)))
  const parts = nodes.map((node, at) => {
    const y = topPx + at * (lanePx + gapPx)
    const width = frame.rightPx - frame.leftPx
    const peakBytes = Math.max(0, ...node.lives.map(peakOf))
    return [
      element('rect', { x: frame.leftPx, y, width, height: lanePx, rx: 4, class: 'lane' }),
      text(frame.leftPx - 14, y + 27, node.name, 'name', 'end'),
      text(frame.leftPx - 14, y + 44, livesInWords(node.lives), 'small', 'end'),
      ...node.lives.map((life) => drawLife(node.name, life, ceilingBytes, frame, y)),
      shade(faults, node.name, frame, y, lanePx),
      ...(peakBytes > 0 ? figure(frame, y, formatBytes(peakBytes), 'peak memory') : []),
    ].join('')
  })
  return { svg: parts.join(''), heightPx: nodes.length * (lanePx + gapPx) }
}

function livesInWords(lives: readonly TimelineLife[]): string {
  const crashes = lives.filter(({ exit }) => exit?.asked === false).length
  const starts = lives.length === 1 ? '1 start' : `${lives.length} starts`
  if (crashes === 0) return starts
  return `${starts}, ${crashes === 1 ? '1 crash' : `${crashes} crashes`}`
}

/** A figure with its meaning, right of a lane. */
export function figure(frame: Frame, y: number, value: string, meaning: string): string[] {
  return [text(frame.rightPx + 14, y + 27, value, 'name'), text(frame.rightPx + 14, y + 44, meaning, 'small')]
}

function drawLife(node: string, life: TimelineLife, ceilingBytes: number, frame: Frame, y: number): string {
  const fromPx = frame.x(life.startedAtMs)
  const toPx = Math.max(fromPx + 2, frame.x(life.exit?.atMs ?? frame.endMs))
  const label = `${node}.${life.incarnation}`
  const title = `${label}${life.pid === undefined ? '' : `, pid ${life.pid}`}: ${endInWords(life.exit)}`
  const attributes = { x: fromPx, y: y + 0.5, width: toPx - fromPx, height: lanePx - 1, rx: 4, class: 'life' }
  return element(
    'g',
    {},
    tooltip(title),
    element('rect', attributes),
    drawMemory(life, ceilingBytes, frame, y),
    ...(widthOf(label, 11) + 12 < toPx - fromPx ? [text(fromPx + 6, y + 14, label, 'small')] : []),
    ...(life.exit && life.exit.asked === false ? [cross(toPx, y + lanePx / 2)] : []),
  )
}

/** A node that ended although nobody asked it to. */
function cross(x: number, y: number): string {
  const arm = 5
  return element('path', { d: `M${tenth(x - arm)} ${y - arm}l10 10m0-10l-10 10`, class: 'crash' })
}

export function endInWords(exit: Partial<Exit> | undefined): string {
  if (!exit) return 'still running'
  if (exit.oomKilled) return 'ended at its memory limit'
  const how = exit.signal ? `ended by ${exit.signal}` : `ended with code ${exit.code}`
  return exit.asked === false ? `${how}, though nobody asked` : how
}

/** The highest sample of each pixel, so that no spike is lost in drawing. */
function drawMemory(life: TimelineLife, ceilingBytes: number, frame: Frame, topPx: number): string {
  const columns = new Map<number, number>()
  let peak: { x: number; bytes: number } | undefined
  for (const { atMs, rssBytes } of heldToEnd(life, frame.endMs)) {
    const x = Math.round(frame.x(atMs))
    columns.set(x, Math.max(columns.get(x) ?? 0, rssBytes))
    if (peak === undefined || rssBytes > peak.bytes) peak = { x, bytes: rssBytes }
  }
  if (peak === undefined || columns.size < 2) return ''
  const floorPx = topPx + lanePx - 1
  // The top fifth is left to the name of the life.
  const y = (bytes: number) => tenth(floorPx - (bytes / ceilingBytes) * (lanePx * 0.76))
  const line = [...columns].sort(([a], [b]) => a - b).map(([x, bytes]) => `${x} ${y(bytes)}`)
  const ends = [...columns.keys()].sort((a, b) => a - b)
  const area = `M${ends[0]} ${floorPx}L${line.join('L')}L${ends.at(-1)} ${floorPx}Z`
  return [
    element('path', { d: area, class: 'memory' }),
    element('path', { d: `M${line.join('L')}`, class: 'curve' }),
    element('circle', { cx: peak.x, cy: y(peak.bytes), r: 2.5, class: 'peak' }),
  ].join('')
}

/** A line is written when memory moved, and once a second: until then, and a little later, the last one stands. */
const heldMs = 1_500

function heldToEnd({ samples, exit }: TimelineLife, endMs: number): readonly MemorySample[] {
  const last = samples.at(-1)
  const atMs = exit?.atMs ?? endMs
  return last && atMs - last.atMs <= heldMs ? [...samples, { atMs, rssBytes: last.rssBytes }] : samples
}

function peakOf(life: TimelineLife): number {
  return life.samples.reduce((peak, { rssBytes }) => Math.max(peak, rssBytes), life.peakRssBytes ?? 0)
}
