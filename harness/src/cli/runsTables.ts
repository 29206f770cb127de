import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'
import { counted } from '../check/verdict.ts'
import type { RunsReport } from '../run/trend/compareRuns.ts'
import { type Cell, sparkline, tablesOf } from '../run/trend/tables.ts'
import { pc } from './colours.ts'
import { markdownCell } from './jobSummary.ts'

/** Runs beside one another for a terminal. */
export function asText(report: RunsReport): string {
  const parts = tablesOf(report).map(({ title, head, rows, notes }) => {
    const table = new Table({
      head: [...head],
      style: { head: [], border: [] },
      chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    })
    for (const { cells, marked } of rows) {
      table.push(cells.map((cell, at) => (marked && at === 0 ? pc.red(textOf(cell)) : textOf(cell))))
    }
    return [pc.bold(title), ...(rows.length > 0 ? [table.toString()] : []), ...notes].join('\n')
  })
  return `${parts.join('\n\n')}\n`
}

/** The same for the page of a job, in parts. */
export function markdownParts(report: RunsReport): string[] {
  const parts = tablesOf(report).map(({ title, head, rows, notes }) => {
    const lines = rows.map(({ cells, marked }) => {
      const told = cells.map((cell, at) => {
        const text = markdownCell(stripVTControlCharacters(textOf(cell)))
        return marked && at === 0 ? `**${text}**` : text
      })
      return `| ${told.join(' | ')} |`
    })
    const table =
      rows.length === 0 ? [] : [[`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...lines].join('\n')]
    return [`#### ${title}`, ...table, ...notes].join('\n\n')
  })
  const unread = report.unread.map((sentence) => `- ${markdownCell(sentence)}`).join('\n')
  return [`### ${counted(report.runs.length, 'run')} compared`, ...parts, ...(unread ? [unread] : [])]
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : sparkline(cell.series)
}
