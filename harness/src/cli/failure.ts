import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Scale } from '../base/scale.ts'
import { shorten } from '../base/shorten.ts'
import { shownLine, shownText } from '../base/shownText.ts'
import { againCommand } from '../run/againCommand.ts'
import type { CodeUnderTest } from '../run/codeUnderTest.ts'
import { pc } from './colours.ts'
import type { GuardRow } from './outcome.ts'
import { paintOutcome } from './verdictTable.ts'

/** What brings the same run back. */
export interface HowItRan {
  seed: number
  runtime: string
  scale: Scale
  code?: CodeUnderTest
}

/** Longer ones are whole in run.json: a page of a job takes 1 MiB of all guards together. */
const mostOfAMessage = 10_000

/** What a developer needs first: what was wrong, the one file to open, the command that does it again. */
export function describeFailure(row: GuardRow, run: HowItRan): string {
  const open = fileToOpen(row)
  return [
    `${paintOutcome(row.outcome)}  ${pc.bold(shownLine(row.title))}  ${pc.dim(shownLine(row.file))}`,
    indent(shownText(shorten(row.message ?? 'no message', mostOfAMessage))),
    ...(open && !row.message?.includes('Open ') ? [`  Open ${shownLine(open)}`] : []),
    `  Again: ${againCommand({ ...run, id: row.id, seed: row.seed ?? run.seed })}`,
  ].join('\n')
}

/**
 * The report, which shows the log lines that matter and leads to the rest. Without one, the newest log of the first node that the
 * message names; else the picture of the run; else its history.
 */
function fileToOpen(row: GuardRow): string | undefined {
  const { folder } = row
  if (!folder || !existsSync(folder)) return undefined
  const files = readdirSync(folder)
  if (files.includes('report.html')) return join(folder, 'report.html')
  const node = /\bn\d+\b/.exec(row.message ?? '')?.[0]
  // A message without a path of its own is about the newest cluster that has such a node: the older ones were judged before.
  const clusters = ['', ...inOrder(files.filter((file) => /^c\d+$/.test(file)))].toReversed()
  const logs = clusters.map((cluster) => newestLog(join(folder, cluster), node))
  const name = ['timeline.svg', 'history.jsonl'].find((file) => files.includes(file))
  return logs.find((log) => log !== undefined) ?? (name === undefined ? undefined : join(folder, name))
}

function newestLog(folder: string, node: string | undefined): string | undefined {
  const logs = readdirSync(folder).filter((file) => file.startsWith(`${node}.`) && file.endsWith('.log'))
  const newest = inOrder(logs).at(-1)
  return newest === undefined ? undefined : join(folder, newest)
}

function inOrder(names: readonly string[]): string[] {
  return names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
