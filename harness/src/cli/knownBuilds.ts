import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { HarnessError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'

/** `id` or `id,id`: each must be the name of a folder below `fixtures/knownBad`. Throws BAD_USAGE before any node is started on it. */
export function demandKnownBuilds(builds: string, root: string): void {
  const folder = join(root, 'fixtures', 'knownBad')
  const names = existsSync(folder) ? readdirSync(folder) : []
  const known = names.filter((name) => existsSync(join(folder, name, 'defect.json')))
  const stranger = builds.split(',').find((id) => !known.includes(id))
  if (stranger === undefined) return
  const near = nearest(stranger, known)
  throw new HarnessError(
    'BAD_USAGE',
    `There is no known-bad build ${JSON.stringify(stranger)}${near === undefined ? '' : `; did you mean "${near}"`}. Those that there are lie in ${folder}.`,
  )
}
