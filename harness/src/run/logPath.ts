import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { HarnessError } from '../base/errors.ts'

/**
 * Where the log of a life lies that guard.json names: in the folder of its guard, or beside it (a window of a soak has its logs in the
 * folder of the runner). A page is sent to others, so nothing else of this machine gets into it. Throws ARTIFACT_UNREADABLE.
 */
export function logPathOf(folder: string, log: string): string {
  const path = resolve(folder, log)
  const within = relative(dirname(resolve(folder)), path)
  if (path.endsWith('.log') && !isAbsolute(log) && !isAbsolute(within) && within.split(/[\\/]/)[0] !== '..') return path
  throw new HarnessError(
    'ARTIFACT_UNREADABLE',
    `guard.json names ${JSON.stringify(log)} as a log, which is none of its run.`,
  )
}
