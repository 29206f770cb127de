import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..')

/** What an image is made from: files of this tree by their path in the context, and npm packages. */
export interface ContextFiles {
  files: ReadonlyMap<string, Buffer>
  /** Folders below node_modules, with the version that is installed. */
  packages: ReadonlyMap<string, string>
  /** Changes with any file, and with any version. */
  hash: string
}

interface Manifest {
  version: string
  dependencies?: Record<string, string>
}

/**
 * The program files below `folders` go to app/ under their own paths, with the packages that they import and those that these need
 * in turn. Tests stay out. Reads about 150 small files: a few ms.
 */
export function contextFiles(
  folders: readonly string[],
  extra: Readonly<Record<string, string>>,
  alsoPackages: readonly string[] = [],
): ContextFiles {
  const files = new Map<string, Buffer>()
  const imported = new Set(alsoPackages)
  for (const folder of folders) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      if (!/\.(ts|js|json|patch|css)$/.test(name) || /\.test\.ts$/.test(name)) continue
      const content = readFileSync(join(root, folder, name))
      // What serves tests of the programs is no part of them.
      if (packagesIn(content.toString()).includes('vitest')) continue
      files.set(`app/${folder}/${name}`, content)
      for (const specifier of packagesIn(content.toString())) imported.add(specifier)
    }
  }
  for (const [path, source] of Object.entries(extra)) files.set(path, readFileSync(join(root, source)))
  const packages = closure(imported)
  return { files, packages, hash: hashOf(files, packages) }
}

/** What only its types are taken of is not there when the program runs. */
function packagesIn(source: string): string[] {
  return (
    [
      ...source
        .replaceAll(/^import type [^;]*?from '[^'\n]*'$/gm, '')
        .matchAll(/(?:from|import|require|resolve)\s*\(?\s*'([^'.\n][^'\n]*)'/g),
    ]
      .map(([, specifier = '']) => specifier)
      // Workspaces of this tree come as folders.
      .filter((specifier) => !/^(node:|@breakwater\/)/.test(specifier) && !builtinModules.includes(specifier))
      .map((specifier) =>
        specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/'),
      )
  )
}

/** Nested copies of a package lie inside the folder of whoever needs them, and come along with it. */
function closure(names: Iterable<string>): Map<string, string> {
  const packages = new Map<string, string>()
  const waiting = [...names]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (packages.has(name)) continue
    const manifest = readManifest(name)
    if (manifest === undefined) continue // types only, or optional
    packages.set(name, manifest.version)
    waiting.push(...Object.keys(manifest.dependencies ?? {}))
  }
  return new Map([...packages].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function readManifest(name: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as Manifest
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function hashOf(files: ReadonlyMap<string, Buffer>, packages: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256')
  for (const [path, content] of files) hash.update(`${path}\0${content.length}\0`).update(content)
  for (const [name, version] of packages) hash.update(`${name}@${version}\0`)
  return hash.digest('hex').slice(0, 12)
}
