import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readJsonArtifact, writeArtifact } from './artifact.ts'

/** Something that must not happen. `by` is the checker, or `liveness`, `node`, `fault` or `leftovers`. */
export interface Finding {
  by: string
  message: string
}

const findingsName = 'findings.json'

/** What a run of an exploration found, beside its plan. Throws ARTIFACT_UNREADABLE. */
export function saveFindings(folder: string, findings: readonly Finding[]): void {
  writeArtifact(join(folder, findingsName), `${JSON.stringify({ version: 1, findings }, null, 2)}\n`)
}

/** Undefined where none were saved: the run was killed, or it is no run of an exploration. Throws ARTIFACT_UNREADABLE. */
export function readFindings(folder: string): readonly Finding[] | undefined {
  const path = join(folder, findingsName)
  if (!existsSync(path)) return undefined
  const { findings } = readJsonArtifact(path) as { findings?: readonly Finding[] }
  return Array.isArray(findings) ? findings : undefined
}
