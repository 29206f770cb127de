import { formatMs } from '../base/units.ts'
import { describeFailure, type HowItRan } from './failure.ts'
import { fenced } from './jobPage.ts'
import { countOutcomes, type GuardRow, type Totals, totalsInWords } from './outcome.ts'
import { measuredOf } from './verdictTable.ts'

export interface SummarisedRun extends Totals, HowItRan {
  durationMs: number
  guards: readonly GuardRow[]
  errors: readonly string[]
}

/** What the page of a job shows of a run, in parts: the verdicts, and for what failed its message and how to repeat it. */
export function jobSummary(run: SummarisedRun): string[] {
  const broken = run.guards.filter(({ outcome }) => outcome === 'failed' || outcome === 'inconclusive')
  return [
    `### ${totalsInWords(run)} in ${formatMs(run.durationMs)} on ${run.runtime}${run.scale === 'gate' ? '' : ` at ${run.scale} scale`}, seed ${run.seed}`,
    ['| guard | verdict | time | measured |', '|---|---|---|---|', ...run.guards.map(rowOf)].join('\n'),
    ...flakesIn(run.guards),
    ...broken.map((row) => fenced(describeFailure(row, run))),
    ...run.errors.map((error) => fenced(`error outside any guard: ${error}`)),
  ]
}

/** Among repeats, which guards both passed and failed: one code, so that is a flake. */
function flakesIn(guards: readonly GuardRow[]): string[] {
  const lines = [...Map.groupBy(guards, ({ id }) => id)].flatMap(([id, rows]) => {
    const { passed, failed } = countOutcomes(rows)
    return passed > 0 && failed > 0 ? [`- ${markdownCell(id)} failed ${failed} of ${passed + failed} times`] : []
  })
  return lines.length === 0 ? [] : ['Flakes, which passed and failed in this very run:', lines.join('\n')]
}

function rowOf(row: GuardRow): string {
  const repeat = row.repeat > 1 ? ` #${row.repeat}` : ''
  const cells = [`${row.title}${repeat}`, verdictOf(row), formatMs(row.durationMs), measuredOf(row.folder)]
  return `| ${cells.map(markdownCell).join(' | ')} |`
}

function verdictOf({ outcome, message }: GuardRow): string {
  if (outcome === 'notRun') return message ? `not run: ${message}` : 'not run'
  return outcome === 'passed' ? 'passed' : `**${outcome}**`
}

/** A bar would end the cell, a line feed the row, and a bracket begin a tag. */
export function markdownCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', '<br>')
}
