import { appendFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { formatMs } from '../base/units.ts'
import { describeFailure, type HowItRan } from './failure.ts'
import { type GuardRow, type Totals, totalsInWords } from './outcome.ts'
import { measuredOf } from './verdictTable.ts'

export interface SummarisedRun extends Totals, HowItRan {
  durationMs: number
  guards: readonly GuardRow[]
  errors: readonly string[]
}

/** Where a job of GitHub Actions takes what it shows on its page, as Markdown. Unset elsewhere. */
const summaryVariable = 'GITHUB_STEP_SUMMARY'

/** Shows a run on the page of the job that it ran in: the verdicts, and for what failed its message and how to repeat it. */
export function writeJobSummary(run: SummarisedRun, env = process.env): void {
  const path = env[summaryVariable]
  if (path) appendFileSync(path, jobSummary(run))
}

export function jobSummary(run: SummarisedRun): string {
  const broken = run.guards.filter(({ outcome }) => outcome === 'failed' || outcome === 'inconclusive')
  const parts = [
    `### ${totalsInWords(run)} in ${formatMs(run.durationMs)} on ${run.runtime}${run.scale === 'gate' ? '' : ` at ${run.scale} scale`}, seed ${run.seed}`,
    ['| guard | verdict | time | measured |', '|---|---|---|---|', ...run.guards.map(rowOf)].join('\n'),
    ...broken.map((row) => fenced(stripVTControlCharacters(describeFailure(row, run)))),
    ...run.errors.map((error) => fenced(`error outside any guard: ${stripVTControlCharacters(error)}`)),
  ]
  return `${parts.join('\n\n')}\n\n`
}

function rowOf(row: GuardRow): string {
  const repeat = row.repeat > 1 ? ` #${row.repeat}` : ''
  const cells = [`${row.title}${repeat}`, verdictOf(row), formatMs(row.durationMs), measuredOf(row.folder)]
  return `| ${cells.map(cell).join(' | ')} |`
}

function verdictOf({ outcome, message }: GuardRow): string {
  if (outcome === 'notRun') return message ? `not run: ${message}` : 'not run'
  return outcome === 'passed' ? 'passed' : `**${outcome}**`
}

/** A bar would end the cell, a line feed the row, and a bracket begin a tag. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', '<br>')
}

/** A message may hold a fence of its own; the longer one around it wins. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text}\n${fence}`
}
