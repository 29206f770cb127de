import { formatCount } from '../../base/units.ts'
import { lastSeenAtMs, type Operation, type Outcome } from '../../history/operation.ts'
import { element, text, tooltip, widthOf } from './element.ts'
import type { Frame } from './frame.ts'
import { figure } from './lanes.ts'

const outcomes: readonly Outcome[] = ['ok', 'info', 'fail']
const lanePx = 60
const columnPx = 6

/** Operations by the time they ended (what never did, by its start), stacked by outcome; the tallest column fills the lane. */
export function drawThroughput(operations: readonly Operation[], frame: Frame, topPx: number) {
  const columns = Math.floor((frame.rightPx - frame.leftPx) / columnPx)
  const columnMs = (frame.endMs - frame.startMs) / columns
  const counts = outcomes.map(() => new Array<number>(columns).fill(0))
  for (const operation of operations) {
    const { outcome } = operation
    const column = Math.min(columns - 1, Math.max(0, Math.floor((lastSeenAtMs(operation) - frame.startMs) / columnMs)))
    const row = counts[outcomes.indexOf(outcome)] as number[]
    row[column] = (row[column] ?? 0) + 1
  }
  const sums = Array.from({ length: columns }, (_, at) => counts.reduce((sum, row) => sum + (row[at] ?? 0), 0))
  const most = Math.max(1, ...sums)
  const bars: string[] = []
  for (const [column, sum] of sums.entries()) {
    let y = topPx + lanePx
    for (const [at, outcome] of outcomes.entries()) {
      const count = counts[at]?.[column] ?? 0
      if (count === 0) continue
      // A single lost answer among thousands is what people look for: it stays visible.
      const height = Math.max(2, (count / most) * (lanePx - 4))
      y -= height
      const place = { x: frame.leftPx + column * columnPx, y, width: columnPx - 1, height, class: outcome }
      bars.push(element('rect', place, tooltip(`${count} ${outcome} of ${sum}`)))
    }
  }
  const perSecond = (most / columnMs) * 1_000
  const svg = [
    element('rect', {
      x: frame.leftPx,
      y: topPx,
      width: frame.rightPx - frame.leftPx,
      height: lanePx,
      rx: 4,
      class: 'lane',
    }),
    text(frame.leftPx - 14, topPx + 27, 'operations', 'name', 'end'),
    text(frame.leftPx - 14, topPx + 44, `${formatCount(operations.length)} in all`, 'small', 'end'),
    ...bars,
    ...(operations.length > 0 ? figure(frame, topPx, `${formatCount(perSecond)}/s`, 'busiest moment') : []),
  ].join('')
  return { svg, heightPx: lanePx }
}

/** What the colours of the strip mean, with how many of each there were. */
export function drawOutcomeKey(operations: readonly Operation[], frame: Frame, y: number): string {
  const words: Record<Outcome, string> = { ok: 'acknowledged', info: 'answer unknown', fail: 'refused' }
  let x = frame.leftPx
  const parts = outcomes.map((outcome) => {
    const count = operations.reduce((sum, each) => sum + (each.outcome === outcome ? 1 : 0), 0)
    const label = `${formatCount(count)} ${words[outcome]}`
    const at = x
    x += widthOf(label) + 40
    return (
      element('rect', { x: at, y: y - 9, width: 10, height: 10, rx: 2, class: outcome }) +
      text(at + 16, y, label, 'quiet')
    )
  })
  return parts.join('')
}
