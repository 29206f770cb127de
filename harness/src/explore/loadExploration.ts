import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HarnessError } from '../base/errors.ts'
import type { Exploration } from './exploration.ts'

/**
 * The exploration of a system: by its name, as `fixtures/systems/<name>/exploration.ts` below the root, or by the path of such a
 * file. Throws BAD_USAGE.
 */
export async function loadExploration(system: string, root: string): Promise<Exploration> {
  const named = join(root, 'fixtures', 'systems', system, 'exploration.ts')
  const path = existsSync(named) ? named : resolve(root, system)
  if (!/\.[cm]?[jt]s$/.test(path) || !existsSync(path)) {
    throw new HarnessError(
      'BAD_USAGE',
      `There is no exploration of "${system}". There are: ${explorable(root).join(', ') || 'none'}; or name a file that exports one.`,
    )
  }
  const { exploration } = (await import(pathToFileURL(path).href)) as { exploration?: Exploration }
  if (exploration?.system && exploration.workloads) return exploration
  throw new HarnessError('BAD_USAGE', `${path} exports no "exploration" with a system and workloads.`)
}

function explorable(root: string): string[] {
  const folder = join(root, 'fixtures', 'systems')
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'exploration.ts')))
}
