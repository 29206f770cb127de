import { countsInWords, nodesOfTarget } from '../faultInWords.ts'
import type { SavedFault } from '../runRecord.ts'
import { element, fitted, text, tooltip, widthOf } from './element.ts'
import type { Frame } from './frame.ts'
import { classOfKind } from './style.ts'

/** All faults of one name: a link that is reset 200 times is one line of the strip. */
interface FaultLine {
  label: string
  kind: string
  spans: { fromPx: number; toPx: number }[]
  fromPx: number
  toPx: number
  labelPx: number
  row: number
}

const rowPx = 26
/** More rows would push the lanes out of sight; the shades in the lanes are drawn for every fault. */
const mostRows = 8
/** A fault that was healed at once is still to be seen. */
const leastPx = 3

/** The strip of names above the lanes. Names share a row only where they do not meet. */
export function drawFaultStrip(faults: readonly SavedFault[], frame: Frame, topPx: number) {
  const lines = packed([...Map.groupBy(faults, ({ name }) => name).values()].map((same) => lineOf(same, frame)))
  const shown = lines.filter(({ row }) => row < mostRows)
  const rows = Math.max(0, ...shown.map(({ row }) => row + 1))
  const left = lines.length - shown.length
  const parts = shown.map((line) => {
    const y = topPx + line.row * rowPx
    const css = classOfKind(line.kind)
    const bars = line.spans.map(({ fromPx, toPx }) =>
      element('rect', { x: fromPx, y: y + 17, width: toPx - fromPx, height: 5, rx: 2, class: css }),
    )
    return element('g', {}, tooltip(line.label), text(line.labelPx, y + 12, line.label, css), ...bars)
  })
  if (left > 0) parts.push(text(frame.leftPx, topPx + rows * rowPx + 12, `and ${left} more kinds of fault`, 'quiet'))
  return { svg: parts.join(''), heightPx: rows * rowPx + (left > 0 ? rowPx : 0) }
}

/** The time of each fault, shaded over one lane. */
export function shade(
  faults: readonly SavedFault[],
  node: string,
  frame: Frame,
  topPx: number,
  heightPx: number,
): string {
  return faults
    .filter(({ targets }) => targets.length === 0 || targets.some((target) => nodesOfTarget(target).includes(node)))
    .map((fault) => {
      const { fromPx, toPx } = spanOf(fault, frame)
      const attributes = { x: fromPx, y: topPx, width: toPx - fromPx, height: heightPx }
      return element('rect', { ...attributes, class: `shade ${classOfKind(fault.kind)}` }, tooltip(labelOf([fault])))
    })
    .join('')
}

function lineOf(faults: readonly SavedFault[], frame: Frame): FaultLine {
  const label = fitted(labelOf(faults), frame.rightPx - frame.leftPx)
  const spans = faults.map((fault) => spanOf(fault, frame))
  const fromPx = Math.min(...spans.map((span) => span.fromPx))
  const labelPx = Math.max(frame.leftPx, Math.min(fromPx, frame.rightPx - widthOf(label)))
  return {
    label,
    kind: faults[0]?.kind ?? '',
    spans,
    labelPx,
    fromPx: Math.min(fromPx, labelPx),
    toPx: Math.max(labelPx + widthOf(label), ...spans.map((span) => span.toPx)),
    row: 0,
  }
}

function packed(lines: FaultLine[]): FaultLine[] {
  const endsPx: number[] = []
  for (const line of lines.sort((a, b) => a.fromPx - b.fromPx)) {
    const free = endsPx.findIndex((endPx) => endPx + 12 <= line.fromPx)
    line.row = free === -1 ? endsPx.length : free
    endsPx[line.row] = line.toPx
  }
  return lines
}

function spanOf(fault: SavedFault, frame: Frame): { fromPx: number; toPx: number } {
  const toPx = Math.max(frame.x(fault.healedAtMs ?? frame.endMs), frame.leftPx + leastPx)
  return { fromPx: Math.min(frame.x(fault.openedAtMs), toPx - leastPx), toPx }
}

/** "partition n1 from n2 ×3, bytes refused 4.1 KiB" */
function labelOf(faults: readonly SavedFault[]): string {
  const sums = new Map<string, number>()
  for (const { counts } of faults) {
    for (const [name, count] of Object.entries(counts)) sums.set(name, (sums.get(name) ?? 0) + count)
  }
  const did = countsInWords(Object.fromEntries(sums))
  const times = faults.length > 1 ? ` ×${faults.length}` : ''
  return [`${faults[0]?.name}${times}`, ...did].join(', ')
}
