import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { formatBytes, KiB } from '../../base/units.ts'
import { LineSplitter } from '../../probe/lineSplitter.ts'
import { guarded } from '../artifact.ts'

/** The lines of a log, by pieces, up to so many bytes; a problem is noted when there are more. Throws ARTIFACT_UNREADABLE. */
export function* readLines(path: string, mostBytes: number, problems: string[]): Generator<string> {
  const file = guarded(path, 'read', () => openSync(path, 'r'))
  try {
    const piece = Buffer.allocUnsafe(256 * KiB)
    const splitter = new LineSplitter()
    for (let taken = 0; ; ) {
      const length = guarded(path, 'read', () => readSync(file, piece))
      if (length === 0) break
      yield* splitter.push(piece.subarray(0, length))
      taken += length
      if (taken < mostBytes) continue
      problems.push(`${basename(path)} was looked through in its first ${formatBytes(taken)} only.`)
      break
    }
    if (splitter.rest !== '') yield splitter.rest
  } finally {
    closeSync(file)
  }
}
