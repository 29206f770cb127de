import { type ContextFiles, contextFiles } from './contextFiles.ts'

/** A system under test that this tree has an image of. */
export interface Specimen {
  name: string
  /** Where its programs lie. */
  folders: readonly string[]
  extra: Readonly<Record<string, string>>
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

/** What the specimen's image is made from, as the tree stands when it is first asked for. Throws for a name that is none. */
export function contextOf(name: string): ContextFiles {
  const specimen = specimens.find((each) => each.name === name)
  if (!specimen)
    throw new Error(`there is no image of ${name}; there are: ${specimens.map((each) => each.name).join(', ')}`)
  const context = contexts.get(name) ?? contextFiles(specimen.folders, specimen.extra)
  contexts.set(name, context)
  return context
}

/** A user's own build by BREAKWATER_<NAME>_IMAGE, else the one of this very tree: a change of any file is another tag. */
export function imageOf(name: string, env = process.env): string {
  return env[`BREAKWATER_${name.toUpperCase()}_IMAGE`]?.trim() || `breakwater/${name}:${contextOf(name).hash}`
}
