import { formatCount } from '../../base/units.ts'
import { counted } from '../../check/verdict.ts'
import { formatReading } from '../formatReading.ts'
import type { GuardOutcome } from '../runRecord.ts'
import { chartDataOf, spanOf } from './chartData.ts'
import { clock } from './clock.ts'
import { documentOf } from './document.ts'
import { faultSection } from './faultSection.ts'
import { logSection } from './logSection.ts'
import { type Child, element, type Markup } from './markup.ts'
import { operationSection } from './operationSection.ts'
import { badge, commandBox, linkTo, pageHeader, section } from './parts.ts'
import type { ReportData } from './reportData.ts'
import { verdictTable } from './verdictSection.ts'

/** The page of one guard, of one run of an exploration, or of one window of a soak. */
export function guardPage(report: ReportData): string {
  const { startMs, endMs } = spanOf(report)
  const outcome = report.outcome ?? outcomeOfChecks(report)
  const facts = [
    ...(report.seed === undefined ? [] : [`seed ${report.seed}`]),
    clock(report.durationMs ?? endMs - startMs, 100),
    counted(report.nodes.length, 'node'),
    counted(report.operations.total.count, 'operation'),
    counted(report.faults.length, 'fault'),
    ...(report.runtime === undefined ? [] : [`on ${report.runtime}`]),
  ]
  const head = pageHeader({
    title: report.title,
    badge: outcome === undefined ? undefined : badge(outcome),
    facts,
    ...(report.up === undefined ? {} : { up: report.up }),
  })
  const body: Child[] = [
    head,
    element(
      'main',
      {},
      problemBox(report.problems),
      report.message === undefined ? undefined : element('pre', { class: `message ${outcome ?? ''}` }, report.message),
      report.again === undefined ? undefined : commandBox(report.again),
      section('Verdicts', verdictTable(report.checks)),
      report.readings.length === 0 ? undefined : section('Measured', readingCards(report.readings)),
      section('What happened', charts(report)),
      section('Operations', operationSection(report.operations)),
      report.faults.length === 0 ? undefined : section('Faults', faultSection(report.faults, startMs)),
      section('Log', logSection(report.marks, startMs)),
      report.texts.map(({ name, text }) => section(name, element('pre', { class: 'wide' }, text))),
      report.files.length === 0 ? undefined : section('Files', fileList(report.files)),
    ),
    element('div', { id: 'tip', role: 'status', hidden: true }),
  ]
  return documentOf({ title: report.title, body, data: chartDataOf(report) })
}

/** What the checks alone say, where nobody told how the test ended. */
function outcomeOfChecks({ checks }: ReportData): GuardOutcome | undefined {
  if (checks.some(({ verdict }) => verdict === 'invalid')) return 'failed'
  if (checks.some(({ verdict }) => verdict === 'unknown')) return 'inconclusive'
  return checks.length > 0 ? 'passed' : undefined
}

export function problemBox(problems: readonly string[]): Markup | undefined {
  if (problems.length === 0) return undefined
  const items = problems.map((problem) => element('li', {}, problem))
  return element(
    'div',
    { class: 'problems', role: 'note' },
    element('b', {}, 'Not all could be read'),
    element('ul', {}, items),
  )
}

function readingCards(readings: ReportData['readings']): Markup {
  const cards = readings.map(({ name, value, unit, limit }) =>
    element(
      'div',
      { class: limit !== undefined && value >= limit ? 'card over' : 'card' },
      element('b', {}, formatReading(value, unit)),
      element('span', {}, name),
      limit === undefined ? undefined : element('small', {}, `limit ${formatReading(limit, unit)}`),
    ),
  )
  return element('div', { class: 'cards' }, cards)
}

function charts(report: ReportData): Child[] {
  const { count } = report.operations.total
  const drawn = report.operations.points.length
  const tool = (name: string, label: string, text: string) =>
    element('button', { type: 'button', 'data-zoom': name, 'aria-label': label, title: label }, text)
  const chart = (id: string, title: string, note: Child, key?: Markup) =>
    element(
      'figure',
      { class: 'chart' },
      element('figcaption', {}, element('b', {}, title), element('span', {}, note), key),
      element('div', { id, class: 'plot' }),
    )
  const key = (items: readonly [css: string, text: string][]) =>
    element(
      'span',
      { class: 'key' },
      items.map(([css, text]) => element('span', {}, element('i', { class: `key-${css}` }), text)),
    )
  const outcomes = key([
    ['ok', `${formatCount(report.operations.total.ok)} ok`],
    ['fail', `${formatCount(report.operations.total.fail)} fail`],
    ['info', `${formatCount(report.operations.total.info)} info`],
  ])
  const drawnInWords =
    drawn === count ? `all ${formatCount(count)} drawn` : `drawn ${formatCount(drawn)} of ${formatCount(count)}`
  return [
    element(
      'div',
      { class: 'tools', role: 'group', 'aria-label': 'Time shown' },
      tool('in', 'Zoom in', '+'),
      tool('out', 'Zoom out', '−'),
      tool('earlier', 'Earlier', '←'),
      tool('later', 'Later', '→'),
      tool('all', 'Show all', 'all'),
      element('span', { class: 'hint' }, 'drag over a chart to look closer, double-click to see all'),
    ),
    report.faults.length === 0
      ? undefined
      : element('div', { id: 'faults', class: 'faults', role: 'group', 'aria-label': 'Faults over time' }),
    report.nodes.length === 0
      ? undefined
      : chart(
          'lanes',
          'Nodes',
          undefined,
          key([
            ['memory', 'memory'],
            ['handles', 'open files and sockets'],
            ['leads', 'leads'],
          ]),
        ),
    count === 0
      ? element('p', { class: 'empty' }, 'No operation was recorded, so there is no latency and no throughput to draw.')
      : [
          chart('latency', 'Each operation', drawnInWords, outcomes),
          chart('throughput', 'Throughput', 'by the time of the end'),
          chart(
            'quantiles',
            'Latency',
            undefined,
            key([
              ['p50', 'p50'],
              ['p95', 'p95'],
              ['p99', 'p99'],
              ['max', 'max'],
            ]),
          ),
        ],
    element(
      'noscript',
      {},
      element('p', { class: 'empty' }, 'The charts need JavaScript. All figures are in the tables.'),
    ),
  ]
}

function fileList(files: readonly string[]): Markup {
  return element(
    'ul',
    { class: 'files' },
    files.map((file) => element('li', {}, linkTo(file))),
  )
}
