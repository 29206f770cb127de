import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, readSync } from 'node:fs'
import { HarnessError, messageOf } from '../base/errors.ts'

/**
 * The lines of a file, by chunks: the history of a long soak is larger than a string may be. A last line without line feed
 * counts; the mark of byte order before the first one does not. `bytes`: what the file holds, where that is known already
 * (it was packed, or is no plain UTF-8). Throws ARTIFACT_UNREADABLE, and HISTORY_CORRUPT where a line is not UTF-8: bytes that
 * are made a replacement character would be equal to others. `isWhole`: a line feed ends it, so nothing of it is missing.
 */
export function* linesOf(path: string, bytes?: Buffer): Generator<{ text: string; isWhole: boolean }> {
  let lineNumber = 0
  for (const { line, isWhole } of rawLines(bytes === undefined ? chunksOf(path) : [bytes])) {
    lineNumber++
    // What is cut may be cut within a character.
    if (isWhole && !isUtf8(line)) {
      throw new HarnessError('HISTORY_CORRUPT', `The history ${path} is damaged at line ${lineNumber}: ${notUtf8}.`)
    }
    const text = line.toString()
    yield { text: lineNumber === 1 ? text.replace(/^\ufeff/, '') : text, isWhole }
  }
}

export const notUtf8 = 'it has bytes that are not UTF-8'

function* rawLines(chunks: Iterable<Buffer>): Generator<{ line: Buffer; isWhole: boolean }> {
  let carried: Buffer[] = []
  for (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const line = chunk.subarray(from, at)
      yield { line: carried.length > 0 ? Buffer.concat([...carried, line]) : line, isWhole: true }
      carried = []
      from = at + 1
    }
    if (from < chunk.length) carried.push(Buffer.from(chunk.subarray(from)))
  }
  if (carried.length > 0) yield { line: Buffer.concat(carried), isWhole: false }
}

function* chunksOf(path: string): Generator<Buffer> {
  const chunk = Buffer.allocUnsafe(1024 * 1024)
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    for (let length = readSync(file, chunk); length > 0; length = readSync(file, chunk)) yield chunk.subarray(0, length)
  } catch (error) {
    if (error instanceof HarnessError) throw error
    throw new HarnessError('ARTIFACT_UNREADABLE', `The history ${path} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    })
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
