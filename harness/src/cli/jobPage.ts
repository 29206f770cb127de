import { appendFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { redact } from '../base/secrets.ts'

/** Where a job of GitHub Actions takes what it shows on its page, as Markdown. Unset elsewhere. */
export const jobPageVariable = 'GITHUB_STEP_SUMMARY'

/** Adds these parts to the page of the job that this runs in; does nothing where there is none. */
export function addToJobPage(parts: readonly string[], env = process.env): void {
  const path = env[jobPageVariable]
  if (path) appendFileSync(path, redact(`${parts.join('\n\n')}\n\n`))
}

/** Text of a terminal as it is, without its colours. A message may hold a fence of its own; the longer one around it wins. */
export function fenced(text: string): string {
  const plain = stripVTControlCharacters(text)
  const longest = Math.max(2, ...(plain.match(/`+/g) ?? []).map(({ length }) => length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${plain}\n${fence}`
}
