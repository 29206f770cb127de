import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { HarnessError } from '../base/errors.ts'

const marks = ['breakwater', 'vitest', 'vite'].flatMap((name) =>
  ['ts', 'js', 'mts', 'mjs', 'cts', 'cjs'].map((extension) => `${name}.config.${extension}`),
)

/** The nearest folder, this one or one above it, that has the configuration of a project; undefined where none has. */
export function rootAbove(folder: string): string | undefined {
  if (marks.some((name) => existsSync(join(folder, name)))) return folder
  const above = dirname(folder)
  return above === folder ? undefined : rootAbove(above)
}

/** A command works in the root of its project, wherever below it was given. Throws BAD_USAGE where it needs one and there is none. */
export function goToRoot(startedIn: string, { isNeeded }: { isNeeded: boolean }): void {
  const root = rootAbove(startedIn)
  if (root === startedIn) return
  if (root !== undefined) {
    process.chdir(root)
    process.stderr.write(`Working in ${root}, the project that ${relative(root, startedIn)} belongs to.\n`)
  } else if (isNeeded) {
    throw new HarnessError(
      'BAD_USAGE',
      `There is no project here: neither ${join(startedIn, 'vitest.config.ts')} nor one in a folder above. Change into the project first.`,
    )
  }
}
