import { appendFileSync, existsSync, statSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { redact } from '../base/secrets.ts'
import { besides } from './besides.ts'

/** Where a job of GitHub Actions takes what it shows on its page, as Markdown. Unset elsewhere. */
export const jobPageVariable = 'GITHUB_STEP_SUMMARY'

/** GitHub refuses a page of 1 MiB whole; some of it is left to the steps' own words. */
const mostBytes = 1_000_000

/**
 * Adds these parts to the page of the job that this runs in, as many as it takes; does nothing where there is none. A page that cannot be
 * written is told of on standard error, and costs nothing else.
 */
export function addToJobPage(parts: readonly string[], env = process.env): void {
  const path = env[jobPageVariable]
  if (!path) return
  besides('The page of the job', () => {
    const before = existsSync(path) ? statSync(path).size : 0
    appendFileSync(path, redact(`${fitting(parts, mostBytes - before).join('\n\n')}\n\n`))
  })
}

/** A part is there whole or not at all: half a table or fence would swallow what follows. */
function fitting(parts: readonly string[], room: number): string[] {
  let left = room
  const kept = parts.filter((part) => {
    const bytes = Buffer.byteLength(part) + 2
    if (bytes > left) return false
    left -= bytes
    return true
  })
  const omitted = parts.length - kept.length
  if (omitted === 0) return kept
  return [...kept, `${omitted} more parts are left out, because the page of a job takes 1 MiB: see the run folder.`]
}

/** Text of a terminal as it is, without its colours. A message may hold a fence of its own; the longer one around it wins. */
export function fenced(text: string): string {
  const plain = stripVTControlCharacters(text)
  const longest = Math.max(2, ...(plain.match(/`+/g) ?? []).map(({ length }) => length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${plain}\n${fence}`
}
