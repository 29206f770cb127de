import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import junit, { type Builder } from 'junit-report-builder'
import { guarded, writeArtifact } from '../run/artifact.ts'
import { describeFailure } from './failure.ts'
import type { SummarisedRun } from './jobSummary.ts'
import type { GuardRow } from './outcome.ts'

/** Writes the run as JUnit XML: a failed guard is a failure, an inconclusive one an error, one that was not run is skipped. */
export function writeJUnit(path: string, run: SummarisedRun): void {
  guarded(path, 'written', () => mkdirSync(dirname(path), { recursive: true }))
  writeArtifact(path, junitOf(run))
}

// Its types promise a property "default" that the module, which is CommonJS, does not have.
const library = junit as unknown as Builder

export function junitOf(run: SummarisedRun): string {
  const report = library.newBuilder()
  const suite = report.testSuite().name(`breakwater on ${run.runtime}, seed ${run.seed}`).time(seconds(run.durationMs))
  for (const row of run.guards) {
    const test = suite
      .testCase()
      .className(row.file)
      .name(row.repeat > 1 ? `${row.title} #${row.repeat}` : row.title)
      .time(seconds(row.durationMs))
      .file(row.file)
    if (row.outcome === 'notRun') test.skipped()
    if (row.outcome === 'failed') test.failure(plain(describeFailure(row, run)), codeOf(row))
    if (row.outcome === 'inconclusive') test.error(plain(describeFailure(row, run)), codeOf(row))
  }
  for (const error of run.errors) suite.testCase().className('breakwater').name('outside any guard').error(plain(error))
  return report.build()
}

function seconds(ms: number): number {
  return ms / 1000
}

function codeOf({ code }: GuardRow): string {
  return code ?? 'ASSERTION'
}

/** XML 1.0 has no control characters but these three. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to go
  return stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' ')
}
