import type { Budget } from '../base/budget.ts'
import { formatBytes, formatCount, formatMs } from '../base/units.ts'

/** A measured number for people, with its unit. */
export function formatReading(value: number, unit: Budget['unit']): string {
  if (unit === 'bytes') return formatBytes(value)
  if (unit === 'ms') return formatMs(value)
  if (unit === 'ratio') return value.toFixed(2)
  if (unit === 'perSecond') return `${value.toFixed(1)}/s`
  return `${formatCount(value)} ${unit}`
}
