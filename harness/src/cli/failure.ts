import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pc } from './colours.ts'
import type { GuardRow } from './outcome.ts'
import { paintOutcome } from './verdictTable.ts'

/** What a developer needs first: what was wrong, the one file to open, the command that does it again. */
export function describeFailure(row: GuardRow, { seed, runtime }: { seed: number; runtime: string }): string {
  const open = fileToOpen(row)
  return [
    `${paintOutcome(row.outcome)}  ${pc.bold(row.title)}  ${pc.dim(row.file)}`,
    indent(row.message ?? 'no message'),
    ...(open && !row.message?.includes('Open ') ? [`  Open ${open}`] : []),
    `  Again: npm run suite -- ${row.id.includes(' ') ? JSON.stringify(row.id) : row.id} --seed ${seed}${runtime === 'process' ? '' : ` --runtime ${runtime}`}`,
  ].join('\n')
}

/** The newest log of the first node that the message names; else the picture of the run; else its history. */
function fileToOpen(row: GuardRow): string | undefined {
  const { folder } = row
  if (!folder || !existsSync(folder)) return undefined
  const files = readdirSync(folder)
  const node = /\bn\d+\b/.exec(row.message ?? '')?.[0]
  const logs = files.filter((file) => file.startsWith(`${node}.`) && file.endsWith('.log'))
  const name =
    logs.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ??
    ['timeline.svg', 'history.jsonl'].find((file) => files.includes(file))
  return name === undefined ? undefined : join(folder, name)
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
