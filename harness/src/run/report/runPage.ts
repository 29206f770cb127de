import { basename } from 'node:path'
import { shellCommand } from '../../base/shellQuote.ts'
import { counted } from '../../check/verdict.ts'
import { formatReading } from '../formatReading.ts'
import type { GuardOutcome, RunRecord, SavedGuard } from '../runRecord.ts'
import { clock } from './clock.ts'
import { documentOf } from './document.ts'
import { problemBox } from './guardPage.ts'
import { type Child, element } from './markup.ts'
import { badge, commandBox, linkTo, pageHeader, section, table } from './parts.ts'

export interface RunReportData {
  run: RunRecord
  /** By the folder of a guard, its name alone: whether it has a page, and what it measured. */
  guards: ReadonlyMap<string, { hasPage: boolean; readings: NonNullable<SavedGuard['readings']> }>
  problems: readonly string[]
}

const order: readonly GuardOutcome[] = ['failed', 'inconclusive', 'passed', 'notRun']
const outcomeWords: Record<GuardOutcome, string> = {
  passed: 'passed',
  failed: 'failed',
  inconclusive: 'inconclusive',
  notRun: 'not run',
}

/** The page of a run: every guard with its verdict, what failed first, each leading to its own page. */
export function runPage({ run, guards, problems }: RunReportData): string {
  const worst = order.find((outcome) => run.totals[outcome] > 0) ?? 'notRun'
  const facts = [
    run.startedAt.slice(0, 19).replace('T', ' '),
    `seed ${run.seed}`,
    `on ${run.runtime}`,
    ...(run.scale === 'gate' ? [] : [`at ${run.scale} scale`]),
    clock(run.durationMs, 100),
    counted(run.guards.length, 'guard'),
  ]
  const title = `Run of seed ${run.seed}`
  const longestMs = Math.max(1, ...run.guards.map(({ durationMs }) => durationMs))
  const rows = run.guards
    .map((guard, at) => ({ guard, at }))
    .toSorted((a, b) => order.indexOf(a.guard.outcome) - order.indexOf(b.guard.outcome) || a.at - b.at)
    .map(({ guard }): Child[] => {
      const folder = guard.folder === undefined ? undefined : basename(guard.folder)
      const known = folder === undefined ? undefined : guards.get(folder)
      const repeat = (guard.repeat ?? 1) > 1 ? ` #${guard.repeat}` : ''
      const name = `${guard.title}${repeat}`
      return [
        badge(guard.outcome),
        [
          known?.hasPage ? linkTo(`${folder}/report.html`, name) : name,
          guard.message === undefined ? undefined : element('pre', { class: 'short' }, guard.message.slice(0, 600)),
        ],
        element(
          'span',
          { class: 'duration' },
          clock(guard.durationMs, 100),
          element('i', { style: `width:${((guard.durationMs / longestMs) * 100).toFixed(1)}%` }),
        ),
        element(
          'ul',
          { class: 'measured' },
          (known?.readings ?? []).map(({ name: what, value, unit, limit }) =>
            element(
              'li',
              {},
              `${what} `,
              element('b', {}, formatReading(value, unit)),
              limit === undefined ? undefined : element('small', {}, ` limit ${formatReading(limit, unit)}`),
            ),
          ),
        ),
      ]
    })
  const versions = Object.entries(run.versions).map(([name, version]) => `${name} ${version}`)
  const body: Child[] = [
    pageHeader({ title, badge: badge(worst), facts }),
    element(
      'main',
      {},
      problemBox(problems),
      run.command === undefined ? undefined : commandBox(commandOf(run)),
      element(
        'div',
        { class: 'cards' },
        order.map((outcome) => totalCard(outcome, run.totals[outcome])),
      ),
      section('Guards', table(['verdict', 'guard', 'time', 'measured'], rows, 'guards')),
      section(
        'Made by',
        element(
          'p',
          { class: 'facts' },
          versions.map((each) => element('span', {}, each)),
        ),
      ),
    ),
  ]
  return documentOf({ title, body })
}

function totalCard(outcome: GuardOutcome, count: number): Child {
  return element(
    'div',
    { class: `card ${count > 0 ? outcome : ''}` },
    element('b', {}, count),
    element('span', {}, outcomeWords[outcome]),
  )
}

/** As it was given, and with the seed that it drew if none was given. */
function commandOf({ command = [], seed }: RunRecord): string {
  const [name = 'suite', ...words] = command
  const seeded = words.includes('--seed') ? words : [...words, '--seed', String(seed)]
  return shellCommand(['npx', 'breakwater', name, ...seeded])
}
