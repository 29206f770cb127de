import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Table from 'cli-table3'
import { shownLine } from '../base/shownText.ts'
import { formatMs } from '../base/units.ts'
import { formatReading } from '../run/formatReading.ts'
import type { Reading } from '../run/guardRun.ts'
import type { GuardOutcome } from '../run/runRecord.ts'
import { pc } from './colours.ts'
import type { GuardRow } from './outcome.ts'

const paint: Record<GuardOutcome, (text: string) => string> = {
  passed: pc.green,
  failed: pc.red,
  inconclusive: pc.yellow,
  notRun: pc.dim,
}

export function paintOutcome(outcome: GuardOutcome): string {
  return paint[outcome](outcome === 'notRun' ? 'not run' : outcome)
}

/** The table that closes a run: each execution of each guard with its verdict, time and measured numbers. */
export function verdictTable(rows: readonly GuardRow[]): string {
  const table = new Table({
    head: ['guard', 'verdict', 'time', 'measured'],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  })
  for (const row of rows) {
    const repeat = row.repeat > 1 ? ` #${row.repeat}` : ''
    table.push([
      `${shownLine(row.title).slice(0, 76)}${repeat}`,
      paintOutcome(row.outcome),
      formatMs(row.durationMs),
      measuredOf(row.folder),
    ])
  }
  return table.toString()
}

/** The numbers that a guard reported, one a line. */
export function measuredOf(folder: string | undefined): string {
  const path = folder && join(folder, 'guard.json')
  if (!path || !existsSync(path)) return ''
  const { readings = [] } = JSON.parse(readFileSync(path, 'utf8')) as { readings?: Reading[] }
  return readings
    .map((reading) => {
      const limit = reading.limit === undefined ? '' : ` (< ${formatReading(reading.limit, reading.unit)})`
      return `${shownLine(reading.name)} ${formatReading(reading.value, reading.unit)}${limit}`
    })
    .join('\n')
}
