import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HarnessError } from '../base/errors.ts'
import type { Exploration } from './exploration.ts'

/**
 * The exploration of a system that its user names: by its name, as `fixtures/systems/<name>/exploration.ts` below the root, or by the
 * path of such a file. Throws BAD_USAGE.
 */
export async function loadExploration(system: string, root: string): Promise<Exploration> {
  const path = explorable(root).includes(system) ? fileOf(system, root) : resolve(root, system)
  if (!/\.[cm]?[jt]s$/.test(path) || !existsSync(path)) {
    throw new HarnessError(
      'BAD_USAGE',
      `There is no exploration of "${system}". There are: ${namesOf(root)}; or name a file that exports one.`,
    )
  }
  const { exploration } = (await import(pathToFileURL(path).href)) as { exploration?: Exploration }
  if (exploration?.system && exploration.workloads) return exploration
  throw new HarnessError('BAD_USAGE', `${path} exports no "exploration" with a system and workloads.`)
}

/**
 * The exploration of a system that a file of a run folder names. Such a file is data that somebody else may have written, so it loads
 * nothing but what the project knows by name, or what its user names as well (`asked`). Throws BAD_USAGE.
 */
export async function loadNamedExploration(
  system: string,
  root: string,
  { from, asked }: { from: string; asked?: string | undefined },
): Promise<Exploration> {
  if (asked !== undefined) return loadExploration(asked, root)
  if (explorable(root).includes(system)) return loadExploration(system, root)
  throw new HarnessError(
    'BAD_USAGE',
    `${from} names the system ${JSON.stringify(system)}, and this project knows: ${namesOf(root)}. Breakwater loads no file because a run folder says so: if you trust it, name the system yourself with --system.`,
  )
}

function fileOf(system: string, root: string): string {
  return join(root, 'fixtures', 'systems', system, 'exploration.ts')
}

function namesOf(root: string): string {
  return explorable(root).join(', ') || 'none'
}

function explorable(root: string): string[] {
  const folder = join(root, 'fixtures', 'systems')
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((name) => existsSync(fileOf(name, root)))
}
