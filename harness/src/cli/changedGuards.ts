import { execa } from 'execa'
import { HarnessError, messageOf } from '../base/errors.ts'
import type { Guard } from './guards.ts'

/** Those whose test file was changed since this branch left `ref`, or is new, committed or not. Throws BAD_USAGE. */
export async function changedSince(ref: string, guards: readonly Guard[], root: string): Promise<Guard[]> {
  // Of a repository whose owner it does not trust git tells here why; `diff` would answer with its usage.
  await git(root, 'rev-parse', '--show-toplevel')
  const changed = new Set([
    ...(await git(root, 'diff', '--name-only', '--no-renames', '--merge-base', '--end-of-options', ref, '--')),
    ...(await git(root, 'ls-files', '--others', '--exclude-standard')),
  ])
  return guards.filter(({ file }) => changed.has(file))
}

async function git(cwd: string, ...words: string[]): Promise<string[]> {
  try {
    // Paths as they are, also those that git would quote.
    const { stdout } = await execa('git', ['-c', 'core.quotePath=false', '--literal-pathspecs', ...words], { cwd })
    return stdout.split('\n')
  } catch (cause) {
    throw new HarnessError('BAD_USAGE', `What has changed cannot be told: ${reasonOf(cause)}`, {
      cause,
    })
  }
}

/** What git says first. */
function reasonOf(cause: unknown): string {
  const { stderr } = cause as { stderr?: unknown }
  const lines = (typeof stderr === 'string' ? stderr : messageOf(cause))
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines.find((line) => /^(fatal|error):/.test(line)) ?? lines[0] ?? 'it says nothing'
}
