import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { shorten } from '../base/shorten.ts'
import { shownText } from '../base/shownText.ts'
import { formatCount, formatMs } from '../base/units.ts'
import { counted } from '../check/verdict.ts'
import { readJsonArtifact } from '../run/artifact.ts'
import type { SavedGuard } from '../run/runRecord.ts'
import { describeFailure, type HowItRan } from './failure.ts'
import { fenced } from './jobPage.ts'
import { countOutcomes, type GuardRow, type Totals, totalsInWords } from './outcome.ts'
import { measuredOf } from './verdictTable.ts'

const slowestShown = 5

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
    ...slowestOf(run.guards),
    ...flakesIn(run.guards),
    ...witnessesOf(run.guards),
    ...broken.map((row) => fenced(describeFailure(row, run))),
    ...run.errors.map((error) => fenced(`error outside any guard: ${shownText(error)}`)),
  ]
}

/** Which guards took longest: of many only, as a short table shows it by itself. */
function slowestOf(guards: readonly GuardRow[]): string[] {
  if (guards.length <= slowestShown) return []
  const slowest = guards.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, slowestShown)
  return [`Slowest: ${slowest.map(({ id, durationMs }) => `${markdownCell(id)} ${formatMs(durationMs)}`).join(', ')}`]
}

/** What each guard's claims rest on, folded away: the counts that every checker saw, and the faults that were opened. */
function witnessesOf(guards: readonly GuardRow[]): string[] {
  const rows = guards.flatMap(({ id, repeat, folder }) => {
    const witnesses = savedWitnesses(folder)
    const name = repeat > 1 ? `${id} #${repeat}` : id
    return witnesses.length === 0 ? [] : [`| ${[name, witnesses.join('\n')].map(markdownCell).join(' | ')} |`]
  })
  if (rows.length === 0) return []
  const table = ['| guard | witnesses |', '|---|---|', ...rows].join('\n')
  return ['<details><summary>What the verdicts rest on</summary>', table, '</details>']
}

function savedWitnesses(folder: string | undefined): string[] {
  const path = folder && join(folder, 'guard.json')
  if (!path || !existsSync(path)) return []
  const { checks = [], faults = [] } = readJsonArtifact(path) as Partial<SavedGuard>
  const told = checks.map(({ checker, verdict, witness }) => {
    const counts = Object.entries(witness).filter(([, count]) => count !== 0)
    return `${checker} ${verdict}: ${counts.map(([name, count]) => `${name} ${formatCount(count)}`).join(', ') || 'nothing seen'}`
  })
  return faults.length === 0 ? told : [...told, counted(faults.length, 'fault')]
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
  if (outcome === 'notRun') return message ? `not run: ${shorten(message, 500)}` : 'not run'
  return outcome === 'passed' ? 'passed' : `**${outcome}**`
}

/** A bar would end the cell, a line feed the row, and a bracket begin a tag. */
export function markdownCell(text: string): string {
  return shownText(text).replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', '<br>')
}
