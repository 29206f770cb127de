import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Job } from 'kubernetes-models/batch/v1/Job'
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim'
import { parseAllDocuments } from 'yaml'

interface Manifest {
  apiVersion?: string
  kind?: string
}

/** A manifest of another kind needs its line here. */
const kinds = [
  { apiVersion: 'batch/v1', kind: 'Job', model: Job, from: 'kubernetes-models/batch/v1/Job' },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    model: PersistentVolumeClaim,
    from: 'kubernetes-models/v1/PersistentVolumeClaim',
  },
] as const

const root = join(import.meta.dirname, '..')

/** What is wrong with a file of manifests, by the schemas of Kubernetes: a sentence each. */
export function problemsOf(text: string, path: string): string[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) return document.errors.map(({ message }) => `${path}: ${message}`)
    const manifest = document.toJS() as Manifest
    const known = kinds.find(({ apiVersion, kind }) => apiVersion === manifest?.apiVersion && kind === manifest.kind)
    if (!known) {
      return `${path}: there is no schema of "${manifest?.apiVersion} ${manifest?.kind}"; add it to deploy/manifests.ts.`
    }
    try {
      new known.model(manifest as never).validate()
      return unknownFields(manifest, known, path)
    } catch (error) {
      return `${path}: ${known.kind}: ${(error as Error).message}`
    }
  })
}

/** The validators let fields pass that do not exist; the types of the same package do not. */
function unknownFields(manifest: Manifest, { kind, from }: (typeof kinds)[number], path: string): string[] {
  const folder = join(root, 'node_modules', '.cache', 'breakwater')
  const file = join(folder, `manifest-${process.pid}.ts`)
  mkdirSync(folder, { recursive: true })
  const typed = `import type { I${kind} } from '${from}'\nexport const manifest: I${kind} = ${JSON.stringify(manifest, null, 2)}\n`
  writeFileSync(file, typed)
  const flags = '--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --target es2024 --pretty false'
  try {
    const tsc = join(root, 'node_modules', '.bin', 'tsc')
    const { status, stdout } = spawnSync(tsc, [...flags.split(' '), file], { encoding: 'utf8', cwd: root })
    if (status === 0) return []
    return [`${path}: ${kind}: ${stdout.replaceAll(/^\S*manifest-\d+\.ts\(\S+ error TS\d+: /gm, '').trim()}`]
  } finally {
    rmSync(file)
  }
}
