import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { shownPath } from '../base/shownPath.ts'
import { shownLine } from '../base/shownText.ts'
import { explorationFolders } from '../explore/readExplorations.ts'
import { writeArtifact } from '../run/artifact.ts'
import { writeReport } from '../run/report/writeReport.ts'
import { compareRuns, type RunsReport } from '../run/trend/compareRuns.ts'
import { readRuns } from '../run/trend/readRuns.ts'
import { runsPage } from '../run/trend/runsPage.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'
import { reportShards } from './exploredShards.ts'
import { addToJobPage, jobPageVariable } from './jobPage.ts'
import { asText, markdownParts } from './runsTables.ts'

export interface ReportOptions {
  json: boolean
  markdown: boolean
  /** Where the page goes. */
  html?: string
}

/**
 * Compares saved runs, all of `.breakwater/runs` if none is named; of a single folder, makes its report.html again; puts the shards of
 * an exploration together. What cannot be read is told and left out. Exit code 2 where nothing was left.
 */
export function report(folders: readonly string[], options: ReportOptions): number {
  const [only] = folders
  const isPlain = !options.json && !options.markdown && options.html === undefined
  if (isPlain && folders.length === 1 && only !== undefined && hasOwnReport(only)) {
    process.stdout.write(`${shownPath(writeReport(only))}\n`)
    return exitCodes.passed
  }
  // Runs of guards are compared, parts of an exploration put together: the first folder says which it is.
  const explored = only === undefined || hasGuards(only) ? [] : explorationFolders(folders)
  if (explored.length > 0 && !options.markdown) return reportShards(explored, options)
  const asked = folders.length > 0 ? folders : [join('.breakwater', 'runs')]
  const read = readRuns(asked)
  for (const sentence of read.unread) process.stderr.write(`${pc.yellow(shownLine(sentence))}\n`)
  if (read.runs.length === 0) {
    throw new HarnessError(
      'BAD_USAGE',
      `There is no run to report of in ${asked.map(shownPath).join(', ')}: name folders of runs.`,
    )
  }
  const compared = compareRuns(read)
  if (options.html !== undefined) {
    writeArtifact(options.html, runsPage(compared))
    process.stderr.write(`report: ${shownPath(options.html)}\n`)
  }
  if (options.markdown && !options.json && process.env[jobPageVariable]) addToJobPage(markdownParts(compared))
  else process.stdout.write(shown(compared, options))
  return exitCodes.passed
}

function shown(compared: RunsReport, { json, markdown, html }: ReportOptions): string {
  if (json) return `${JSON.stringify(compared)}\n`
  if (markdown) return `${markdownParts(compared).join('\n\n')}\n`
  return html === undefined ? asText(compared) : ''
}

function hasGuards(folder: string): boolean {
  return readRuns([folder]).runs.length > 0
}

/** A folder that a report can be made of by itself: not one that holds runs. */
function hasOwnReport(folder: string): boolean {
  return ['run.json', 'guard.json', 'history.jsonl', 'plan.json'].some((name) => existsSync(join(folder, name)))
}
