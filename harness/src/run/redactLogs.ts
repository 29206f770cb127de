import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs'
import { redactedMark, secretsOf, spellings } from '../base/secrets.ts'

const chunkBytes = 1024 * 1024

/**
 * Overwrites the secrets of the environment in files that nodes wrote themselves, byte for byte in place: positions in them stay true.
 * For files that nobody writes any more.
 */
export function redactLogs(paths: Iterable<string>, secrets = secretsOf()): void {
  const needles = secrets.flatMap((secret) => [...spellings(secret)]).map((text) => Buffer.from(text))
  if (needles.length === 0) return
  for (const path of paths) if (existsSync(path)) redactFile(path, needles)
}

function redactFile(path: string, needles: readonly Buffer[]): void {
  const file = openSync(path, 'r+')
  try {
    const longest = Math.max(...needles.map(({ length }) => length))
    const chunk = Buffer.alloc(chunkBytes + longest)
    // Chunks overlap by the longest secret, so that none hides across a border.
    for (let at = 0; ; at += chunkBytes) {
      const read = chunk.subarray(0, readSync(file, chunk, 0, chunk.length, at))
      for (const needle of needles) {
        for (let found = read.indexOf(needle); found >= 0; found = read.indexOf(needle, found + needle.length)) {
          writeSync(file, maskOf(needle.length), 0, needle.length, at + found)
        }
      }
      if (read.length < chunk.length) return
    }
  } finally {
    closeSync(file)
  }
}

/** As long as what it covers. */
function maskOf(length: number): Buffer {
  return Buffer.from(redactedMark.slice(0, length).padEnd(length, '*'))
}
