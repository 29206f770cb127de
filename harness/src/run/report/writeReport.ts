import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { HarnessError, messageOf } from '../../base/errors.ts'
import { readJsonArtifact, writeArtifact } from '../artifact.ts'
import { readRun } from '../runFolder.ts'
import type { SavedGuard } from '../runRecord.ts'
import { guardPage } from './guardPage.ts'
import { readGuardReport } from './readGuard.ts'
import type { ReportData } from './reportData.ts'
import { type RunReportData, runPage } from './runPage.ts'

export const reportName = 'report.html'

/**
 * Writes report.html into a saved folder, that of a run with all of its guards, of one guard, or of one run of an exploration, and
 * returns its path. What cannot be read is named on the page; throws ARTIFACT_UNREADABLE only where there is nothing at all that it
 * could tell of, or where it cannot be written.
 */
export function writeReport(folder: string): string {
  if (existsSync(join(folder, 'run.json'))) return writeRunReport(folder)
  const isKnown = ['guard.json', 'history.jsonl', 'plan.json'].some((name) => existsSync(join(folder, name)))
  if (!isKnown) {
    throw new HarnessError(
      'ARTIFACT_UNREADABLE',
      `${folder} has no report to write: it holds neither run.json, of a run, nor guard.json, of a guard.`,
    )
  }
  return writeGuardReport(folder)
}

/** The same where a page is wanted and not needed: a run is worth its verdict without one. Undefined where it could not be written. */
export function tryWriteReport(folder: string): string | undefined {
  try {
    return writeReport(folder)
  } catch (error) {
    process.stderr.write(`No report was written: ${messageOf(error)}\n`)
    return undefined
  }
}

/** One page of what somebody else has gathered: a window of a soak. */
export function writeReportPage(path: string, report: ReportData): string {
  writeArtifact(path, guardPage(report))
  return path
}

function writeGuardReport(folder: string): string {
  return writeReportPage(join(folder, reportName), readGuardReport(folder))
}

function writeRunReport(folder: string): string {
  const run = readRun(folder)
  const problems: string[] = []
  const guards = new Map<string, { hasPage: boolean; readings: NonNullable<SavedGuard['readings']> }>()
  for (const name of new Set(run.guards.flatMap((guard) => (guard.folder ? [basename(guard.folder)] : [])))) {
    const own = join(folder, name)
    // A guard that was not run has left nothing.
    if (!existsSync(own)) continue
    try {
      writeGuardReport(own)
      guards.set(name, { hasPage: true, readings: readingsIn(own) })
    } catch (error) {
      problems.push(`${name}: ${messageOf(error)}`)
    }
  }
  const data: RunReportData = { run, guards, problems }
  const path = join(folder, reportName)
  writeArtifact(path, runPage(data))
  return path
}

/** What cannot be read is told on the guard's own page. */
function readingsIn(folder: string): NonNullable<SavedGuard['readings']> {
  try {
    const { readings } = readJsonArtifact(join(folder, 'guard.json')) as Partial<SavedGuard>
    return Array.isArray(readings) ? readings : []
  } catch {
    return []
  }
}
