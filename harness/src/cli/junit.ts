import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import junit, { type Builder } from 'junit-report-builder'
import { shorten } from '../base/shorten.ts'
import { guarded, writeArtifact } from '../run/artifact.ts'
import { describeFailure } from './failure.ts'
import type { SummarisedRun } from './jobSummary.ts'
import type { GuardRow } from './outcome.ts'

const mostInALine = 500

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
      .name(plain(row.repeat > 1 ? `${row.title} #${row.repeat}` : row.title))
      .time(seconds(row.durationMs))
      .file(row.file)
    if (row.outcome === 'notRun') test.skipped()
    const text = bodyOf(describeFailure(row, run))
    if (row.outcome === 'failed') test.failure(firstLine(row.message ?? 'no message'), codeOf(row)).stacktrace(text)
    if (row.outcome === 'inconclusive') test.error(firstLine(row.message ?? 'no message'), codeOf(row), text)
  }
  for (const error of run.errors) {
    const test = suite.testCase().className('breakwater').name('outside any guard')
    test.error(firstLine(error), 'UNHANDLED', bodyOf(error))
  }
  return report.build()
}

function seconds(ms: number): number {
  return ms / 1000
}

function codeOf({ code }: GuardRow): string {
  return code ?? 'ASSERTION'
}

/** Readers show it on a line: of all the rest, the body. */
function firstLine(text: string): string {
  return shorten(plain(text).trim().split('\n')[0] ?? '', mostInALine)
}

/** The library takes apart only the first end of a CDATA section that is none. */
function bodyOf(text: string): string {
  return plain(text).replaceAll(']]>', ']] >')
}

/** XML 1.0 has no control characters but these three, and no half of a pair. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to go
  const invalid = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/g
  return stripVTControlCharacters(text).toWellFormed().replace(invalid, ' ')
}
