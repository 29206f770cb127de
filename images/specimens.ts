import { minioPath } from '../fixtures/systems/objectStore/minioBuild.ts'
import { type ContextFiles, contextFiles } from './contextFiles.ts'

/** A system under test that this tree has an image of. */
export interface Specimen {
  name: string
  /** Where its programs lie. */
  folders: readonly string[]
  extra: Readonly<Record<string, string>>
  /** A user's own build is named by BREAKWATER_<SYSTEM>_IMAGE. Default: the name of the specimen. */
  system?: string
  /** Packages that no import names. */
  packages?: readonly string[]
  /** Nothing here runs it, so it is built where it is asked for by name. */
  onlyIfAsked?: true
  /** A program that is no part of this tree, by its path in the context. Its version is pinned by a file of `extra`. */
  program?: { name: string; path: string; build: string }
}

export const specimens: readonly Specimen[] = [
  {
    name: 'peer',
    folders: ['fixtures/systems/peer/daemon', 'fixtures/systems/kit', 'fixtures/faults', 'fixtures/knownBad'],
    extra: {
      Dockerfile: 'images/peer.Dockerfile',
      'app/healthcheck.js': 'images/peer.healthcheck.js',
      'app/fixtures/package.json': 'fixtures/package.json',
    },
  },
  {
    name: 'object_store',
    folders: ['fixtures/systems/objectStore/daemon', 'fixtures/systems/kit', 'fixtures/faults', 'fixtures/knownBad'],
    extra: {
      Dockerfile: 'images/objectStore.Dockerfile',
      'app/healthcheck.js': 'images/objectStore.healthcheck.js',
      'app/fixtures/package.json': 'fixtures/package.json',
    },
  },
  {
    name: 'minio',
    system: 'object_store',
    folders: [],
    extra: {
      Dockerfile: 'images/minio.Dockerfile',
      'app/healthcheck.js': 'images/objectStore.healthcheck.js',
      'app/minioBuild.ts': 'fixtures/systems/objectStore/minioBuild.ts',
    },
    program: { name: 'minio', path: minioPath, build: 'fixtures/systems/objectStore/buildMinio.ts' },
  },
  {
    name: 'vectord',
    folders: ['fixtures/systems/vectord/daemon', 'fixtures/systems/kit', 'fixtures/faults', 'fixtures/knownBad'],
    extra: {
      Dockerfile: 'images/vectord.Dockerfile',
      'app/healthcheck.js': 'images/vectord.healthcheck.js',
      'app/fixtures/package.json': 'fixtures/package.json',
    },
  },
  {
    name: 'embedder',
    folders: ['fixtures/systems/embedder/daemon', 'fixtures/systems/kit', 'fixtures/faults', 'fixtures/knownBad'],
    extra: {
      Dockerfile: 'images/embedder.Dockerfile',
      'app/healthcheck.js': 'images/embedder.healthcheck.js',
      'app/fixtures/package.json': 'fixtures/package.json',
    },
  },
  {
    // No specimen, but what explores them.
    name: 'explorer',
    onlyIfAsked: true,
    // The report takes its files as text.
    packages: ['uplot'],
    folders: ['harness', 'fixtures', 'images'],
    extra: { Dockerfile: 'images/explorer.Dockerfile', 'app/package.json': 'package.json' },
  },
  {
    name: 'echo',
    folders: ['fixtures/faults'],
    extra: {
      Dockerfile: 'images/echo.Dockerfile',
      'app/fixtures/package.json': 'fixtures/package.json',
      'app/selfTests/samples/echo/server.js': 'selfTests/samples/echo/server.js',
      'app/selfTests/package.json': 'fixtures/package.json',
    },
  },
]

const contexts = new Map<string, ContextFiles>()

/** What the specimen's image is made from, as the tree stands when it is first asked for. */
export function contextOf({ name, folders, extra, packages }: Specimen): ContextFiles {
  const context = contexts.get(name) ?? contextFiles(folders, extra, packages)
  contexts.set(name, context)
  return context
}

/** The variable by which a user names a build of the specimen's system. */
export function imageVariable({ name, system = name }: Specimen): string {
  return `BREAKWATER_${system.toUpperCase()}_IMAGE`
}

/**
 * A user's own build by BREAKWATER_<SYSTEM>_IMAGE, else the one of this very tree: a change of any file is another tag. Throws for a
 * name that is none.
 */
export function imageOf(name: string, env = process.env): string {
  const specimen = specimens.find((each) => each.name === name)
  if (!specimen)
    throw new Error(`there is no image of ${name}; there are: ${specimens.map((each) => each.name).join(', ')}`)
  return env[imageVariable(specimen)]?.trim() || `breakwater/${name}:${contextOf(specimen).hash}`
}
