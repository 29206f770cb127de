import { HarnessError } from '../base/errors.ts'

/** Vite, below Vitest, takes these in a path for the end of a file's name, or for a pattern. */
const unusable = /[#?*]/

/** Throws BAD_USAGE where Vitest would find no test. */
export function requireUsableRoot(root: string): void {
  const [found] = unusable.exec(root) ?? []
  if (found === undefined) return
  throw new HarnessError(
    'BAD_USAGE',
    `Guards cannot run in ${root}: Vite reads no file below a folder with "${found}" in its name. Rename the folder or clone elsewhere.`,
  )
}
