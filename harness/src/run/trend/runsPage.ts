import { counted } from '../../check/verdict.ts'
import { documentOf } from '../report/document.ts'
import { problemBox } from '../report/guardPage.ts'
import { element, type Markup } from '../report/markup.ts'
import { pageHeader, section, table } from '../report/parts.ts'
import type { RunsReport, Series } from './compareRuns.ts'
import { type Cell, tablesOf } from './tables.ts'

/** Runs beside one another on one page that needs nothing but itself. */
export function runsPage(report: RunsReport): string {
  const { runs, unread } = report
  const title = 'Runs compared'
  const facts = [
    counted(runs.length, 'run'),
    `${runs[0]?.startedAt.slice(0, 10)} to ${runs.at(-1)?.startedAt.slice(0, 10)}`,
    ...new Set(runs.map(({ runtime }) => `on ${runtime}`)),
  ]
  const sections = tablesOf(report).map(({ title: heading, head, rows, notes }) =>
    section(
      heading,
      rows.length === 0
        ? undefined
        : table(
            head,
            rows.map(({ cells, marked }) => cells.map((cell, at) => drawn(cell, at === 0 && marked === true))),
          ),
      notes.map((note) => element('p', {}, note)),
    ),
  )
  return documentOf({ title, body: [pageHeader({ title, facts }), element('main', {}, problemBox(unread), sections)] })
}

function drawn(cell: Cell, marked: boolean): Markup | string {
  if (typeof cell !== 'string') return curve(cell.series, cell.limit)
  if (cell.includes('\n')) return element('pre', { class: 'short' }, cell)
  return marked ? element('b', { class: 'failed' }, cell) : cell
}

const [width, height, edge] = [140, 28, 3]

/** From zero up, so that what looks large is large; the budget as a dashed line where there is one. */
function curve({ values }: Series, limit: number | undefined): Markup | string {
  if (values.length === 0) return ''
  const top = Math.max(limit ?? 0, ...values, Number.MIN_VALUE)
  const y = (value: number) => (height - edge - (Math.max(0, value) / top) * (height - 2 * edge)).toFixed(1)
  const x = (at: number) => (edge + (at / Math.max(1, values.length - 1)) * (width - 2 * edge)).toFixed(1)
  const line = { x1: 0, x2: width, stroke: 'currentColor', 'stroke-dasharray': '3 3', opacity: '0.5' }
  return element(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': values.join(', ') },
    limit === undefined ? undefined : element('line', { ...line, y1: y(limit), y2: y(limit) }),
    element('polyline', {
      points: values.map((value, at) => `${x(at)},${y(value)}`).join(' '),
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': '1.5',
    }),
    values.map((value, at) => element('circle', { cx: x(at), cy: y(value), r: '1.8', fill: 'currentColor' })),
  )
}
