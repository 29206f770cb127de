import { join } from 'node:path'
import { formatCount, formatMs } from '../base/units.ts'
import { writeArtifact } from '../run/artifact.ts'
import { clock } from '../run/report/clock.ts'
import { documentOf } from '../run/report/document.ts'
import { type Child, element, type Markup } from '../run/report/markup.ts'
import { badge, pageHeader, section, table } from '../run/report/parts.ts'
import { verdictTable } from '../run/report/verdictSection.ts'
import type { GuardOutcome } from '../run/runRecord.ts'
import { type Line, lineChart, strip } from './soakCharts.ts'
import type { SoakOutcome, SoakRecord, SoakWindow } from './soakRecord.ts'

/** What a guard would be called that ended like this. */
export const outcomeAsGuard: Record<SoakOutcome, GuardOutcome> = {
  passed: 'passed',
  failed: 'failed',
  inconclusive: 'inconclusive',
  interrupted: 'inconclusive',
  underWay: 'inconclusive',
}

/** report.html beside soak.json: one file that needs nothing else. */
export function writeSoakPage(folder: string, record: SoakRecord): void {
  writeArtifact(join(folder, 'report.html'), soakPage(record))
}

export function soakPage(record: SoakRecord): string {
  const { system, outcome, seed, runtime, elapsedMs, windows, operations, faults, findings, verdicts } = record
  const title = `Soak of ${system}`
  const head = pageHeader({
    title,
    badge: badge(outcomeAsGuard[outcome]),
    facts: [
      `seed ${seed}`,
      `${clock(elapsedMs, 1_000)} of ${clock(record.durationMs, 1_000)}`,
      `${formatCount(windows.length)} windows`,
      `${formatCount(operations.ok)} operations acknowledged, ${formatCount(operations.fail)} refused, ${formatCount(operations.info)} undecided`,
      `${formatCount(faults.healed)} faults healed`,
      `${record.ratePerSecond} arrivals a second`,
      `on ${runtime}`,
      ...(record.build === undefined ? [] : [`known-bad build ${record.build}`]),
    ],
  })
  const told = findings.map(({ window, by, message }) => `window ${window}, ${by}: ${message}`)
  const lost = record.runners.flatMap(({ lost: what, firstWindow }) =>
    what === undefined ? [] : [`A new runner went on at window ${firstWindow}. Lost with the one before: ${what}.`],
  )
  const main = element(
    'main',
    {},
    told.length === 0 ? undefined : element('pre', { class: 'message failed' }, told.join('\n')),
    lost.map((sentence) => element('p', {}, sentence)),
    section('Verdicts', verdictTable(verdicts)),
    section('Over time', charts(record)),
    section('Judged in each window', judgedTable(record)),
    section('Faults', faultTable(record)),
    section('Windows', windowTable(windows)),
  )
  return documentOf({ title, body: [head, main] })
}

const mib = (bytes: number) => bytes / 1024 ** 2

function charts({ readings, windows, elapsedMs, warmUpMs }: SoakRecord): Child[] {
  const names = [...new Set(readings.map(({ node }) => node))].sort()
  const perNode = (of: (reading: SoakRecord['readings'][number]) => number | undefined): Line[] =>
    names.map((name, at) => ({
      name,
      colour: at,
      points: readings.flatMap((reading) => {
        const value = reading.node === name ? of(reading) : undefined
        return value === undefined ? [] : [{ x: reading.atMs, y: value, part: reading.life }]
      }),
    }))
  const calm = windows.flatMap((window) => (window.calm ? [{ at: window.atMs, ...window.calm }] : []))
  const ofCalm = (name: string, colour: number, of: (stretch: (typeof calm)[number]) => number): Line => ({
    name,
    colour,
    points: calm.map((stretch) => ({ x: stretch.at, y: of(stretch), part: '' })),
  })
  const over = { toX: Math.max(1, elapsedMs), marks: [{ x: warmUpMs, text: 'warm-up over' }] }
  return [
    strip('Windows', windows.map(windowBar), over.toX),
    strip(
      'Faults',
      windows.flatMap(({ opened }) => opened.map(faultBar)),
      over.toX,
    ),
    lineChart(
      'Memory kept after a collection, MiB',
      perNode(({ retainedBytes }) => retainedBytes && mib(retainedBytes)),
      over,
    ),
    lineChart(
      'Private memory, MiB',
      perNode(({ rssAnonBytes }) => mib(rssAnonBytes)),
      over,
    ),
    lineChart(
      'Open files and sockets',
      perNode(({ handleCount, calm: isCalm }) => (isCalm ? handleCount : undefined)),
      over,
    ),
    lineChart(
      'Acknowledged a second, in the calm',
      [ofCalm('rate', 0, (each) => (each.acknowledged * 1_000) / each.durationMs)],
      over,
    ),
    lineChart(
      'Latency in the calm, ms',
      [ofCalm('p50', 0, (each) => each.latencyP50Ms), ofCalm('p99', 1, (each) => each.latencyP99Ms)],
      over,
    ),
  ]
}

function windowBar({ number, atMs, durationMs, findings, latencyP99Ms }: SoakWindow) {
  const failed = findings.length > 0
  return {
    fromX: atMs,
    toX: atMs + durationMs,
    colour: failed ? 'var(--bad)' : 'var(--good)',
    text: `window ${number}: ${failed ? 'failed' : 'passed'}, p99 ${formatMs(latencyP99Ms)}`,
  }
}

function faultBar({ family, targets, fromMs, toMs }: SoakWindow['opened'][number]) {
  return {
    fromX: fromMs,
    toX: toMs,
    colour: 'var(--fail)',
    text: `${family} ${targets.join(' ')}, ${formatMs(toMs - fromMs)}`,
  }
}

function judgedTable({ judged }: SoakRecord): Markup {
  const rows = Object.entries(judged).map(([checker, { valid, invalid, unknown }]) => [
    checker,
    valid,
    invalid,
    unknown,
  ])
  return table(['checker', 'valid', 'invalid', 'unknown'], rows)
}

function faultTable({ faults, states }: SoakRecord): Child[] {
  const rows = Object.entries(faults.families).map(([family, count]) => [family, formatCount(count)])
  return [
    table(['family', 'opened and healed'], rows),
    element(
      'p',
      {},
      `${formatCount(faults.withoutEffect)} of them did nothing; ${formatCount(faults.notOpened)} never opened. States reached: ${states.join(', ') || 'none'}.`,
    ),
  ]
}

const windowsShown = 200

function windowTable(windows: readonly SoakWindow[]): Child[] {
  const shown = windows.filter(({ findings }, at) => findings.length > 0 || at >= windows.length - windowsShown)
  const rows = shown.map(
    ({ number, seed, durationMs, operations, calm, faults, carried, findings, spared }): Child[] => [
      number,
      findings.length > 0 ? 'failed' : 'passed',
      seed,
      clock(durationMs, 100),
      formatCount(operations.ok + operations.fail + operations.info),
      calm ? ((calm.acknowledged * 1_000) / calm.durationMs).toFixed(0) : '',
      calm ? formatMs(calm.latencyP99Ms) : '',
      calm ? calm.failed : '',
      faults.healed,
      spared,
      carried.join(', '),
    ],
  )
  const head = [
    'window',
    'verdict',
    'seed',
    'took',
    'operations',
    'calm, a second',
    'calm p99',
    'failed in it',
    'faults',
    'spared',
    'found whole',
  ]
  return [
    ...(shown.length < windows.length
      ? [element('p', {}, `The last ${windowsShown} of ${windows.length}, and those that failed.`)]
      : []),
    table(head, rows),
  ]
}
