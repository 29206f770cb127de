import { formatBytes, formatCount, formatMs } from '../../base/units.ts'
import type { SavedCheck, SavedGuard } from '../runRecord.ts'
import { text, wrapped } from './element.ts'
import { type Frame, marginPx } from './frame.ts'

const linePx = 18
const marks: Record<SavedCheck['verdict'], string> = { valid: '✓', invalid: '✗', unknown: '?' }

/** One entry a check: its verdict, the claim and what was seen; then the numbers that were measured. */
export function drawVerdicts(
  checks: readonly SavedCheck[],
  readings: SavedGuard['readings'],
  frame: Frame,
  topPx: number,
) {
  const roomPx = frame.widthPx - frame.leftPx - marginPx
  const parts: string[] = []
  let y = topPx
  for (const { verdict, claim, found } of checks) {
    const lines = wrapped(`${claim}: ${found}`, roomPx, 3)
    parts.push(text(frame.leftPx - 14, y + 12, `${marks[verdict]} ${verdict}`, `mark ${verdict}`, 'end'))
    parts.push(...lines.map((line, at) => text(frame.leftPx, y + 12 + at * linePx, line, '')))
    y += lines.length * linePx + 4
  }
  if (readings && readings.length > 0) {
    const lines = wrapped(readings.map(readingInWords).join('   ·   '), roomPx, 3)
    parts.push(text(frame.leftPx - 14, y + 12, 'measured', 'mark', 'end'))
    parts.push(...lines.map((line, at) => text(frame.leftPx, y + 12 + at * linePx, line, '')))
    y += lines.length * linePx + 4
  }
  return { svg: parts.join(''), heightPx: y - topPx }
}

function readingInWords({ name, value, unit, limit }: NonNullable<SavedGuard['readings']>[number]): string {
  const inWords = (number: number) => {
    if (unit === 'bytes') return formatBytes(number)
    if (unit === 'ms') return formatMs(number)
    return unit === 'ratio' ? number.toFixed(2) : `${formatCount(number)}${name.includes(unit) ? '' : ` ${unit}`}`
  }
  return `${name} ${inWords(value)}${limit === undefined ? '' : ` (limit ${inWords(limit)})`}`
}
