import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { HarnessError, messageOf, Unwritable } from '../base/errors.ts'
import { redact } from '../base/secrets.ts'
import type { Shape } from '../base/shape.ts'

/**
 * Replaces the file in one step: whoever reads meanwhile sees the old one or the new one. Secrets of the environment are left out.
 * Throws Unwritable.
 */
export function writeArtifact(path: string, content: string): void {
  guarded(path, 'written', () => {
    const fresh = `${path}.${process.pid}.new`
    try {
      writeFileSync(fresh, redact(content))
      renameSync(fresh, path)
    } catch (error) {
      // Half a file takes room on a disk that has none.
      rmSync(fresh, { force: true })
      throw error
    }
  })
}

/** Throws ARTIFACT_UNREADABLE when the file is not there or is not a JSON object. */
export function readJsonArtifact(path: string): object {
  return guarded(path, 'read', () => {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (value === null || typeof value !== 'object') throw new Error('it is not a JSON object')
    return value
  })
}

/**
 * A file that is to be acted upon, and that somebody else may have written: BAD_USAGE where it is not there, no JSON, or not of the
 * shape. `cannot` ends the sentence: "be replayed".
 */
export function readShaped<T>(path: string, shape: Shape<T>, cannot: string): T {
  try {
    return shape(JSON.parse(readFileSync(path, 'utf8')), '')
  } catch (cause) {
    throw new HarnessError('BAD_USAGE', `${path} cannot ${cannot}: ${messageOf(cause)}.`, { cause })
  }
}

export function guarded<T>(path: string, deed: 'read' | 'written', work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof HarnessError) throw error
    if (deed === 'written') throw new Unwritable(path, error)
    throw new HarnessError('ARTIFACT_UNREADABLE', `${path} cannot be read: ${messageOf(error)}.`, { cause: error })
  }
}
