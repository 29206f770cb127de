import { constants, isUtf8 } from 'node:buffer'
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { HarnessError, messageOf } from '../base/errors.ts'
import { corruptAt } from './foreignEvents.ts'
import { notUtf8 } from './linesOf.ts'

/** What a file holds, as UTF-8 without a mark of byte order. */
export interface Contents {
  /** The first of it, enough to tell the format by. */
  beginning: string
  /** All of it; undefined for a plain file, whose lines are better read one by one. */
  bytes?: Buffer
}

const beginningBytes = 4096

/**
 * Looks into a file: unpacks gzip, makes UTF-8 of UTF-16. What is packed is unpacked in memory. Throws ARTIFACT_UNREADABLE
 * where the file cannot be read or is no text, with the name of what it is.
 */
export function contentsOf(path: string): Contents {
  const isFile = guarded(path, () => statSync(path).isFile())
  // A pipe can be read only once.
  const raw = isFile ? guarded(path, () => firstBytes(path)) : guarded(path, () => readFileSync(path))
  const needsAll = !isFile || isGzip(raw) || utf16Of(raw) !== undefined
  if (!needsAll) return { beginning: textBeginning(raw, path) }
  const bytes = decoded(unpacked(isFile ? guarded(path, () => readFileSync(path)) : raw, path), path)
  return { beginning: textBeginning(bytes, path), bytes }
}

/** All of a file as text, however it was packed. Throws HISTORY_CORRUPT where it is not UTF-8. */
export function textOf(path: string, { bytes }: Contents): string {
  const whole = bytes ?? guarded(path, () => readFileSync(path))
  if (!isUtf8(whole)) throw corruptAt(path)(lineOfFault(whole), notUtf8)
  if (whole.length > constants.MAX_STRING_LENGTH) {
    throw unreadable(
      path,
      `it is larger than the ${constants.MAX_STRING_LENGTH} bytes that a history of another tool may have`,
    )
  }
  return whole.toString().replace(/^\ufeff/, '')
}

export function unreadable(path: string, why: string, cause?: unknown): HarnessError {
  return new HarnessError('ARTIFACT_UNREADABLE', `The history ${path} cannot be read: ${why}.`, { cause })
}

export function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw unreadable(path, messageOf(error), error)
  }
}

function firstBytes(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(beginningBytes)
    return bytes.subarray(0, readSync(file, bytes))
  } finally {
    closeSync(file)
  }
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

function unpacked(bytes: Buffer, path: string): Buffer {
  if (!isGzip(bytes)) return bytes
  try {
    return gunzipSync(bytes)
  } catch (error) {
    throw unreadable(path, `it is gzip that cannot be unpacked (${messageOf(error)})`, error)
  }
}

type Utf16 = 'LE' | 'BE'

/** By its mark, or by a zero in every second byte of what is ASCII otherwise. */
function utf16Of(bytes: Buffer): Utf16 | undefined {
  if (bytes.length >= 4 && bytes[0] === 0xff && bytes[1] === 0xfe && (bytes[2] !== 0 || bytes[3] !== 0)) return 'LE'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'BE'
  const head = bytes.subarray(0, 64)
  if (head.length < 8) return undefined
  const zeros = (parity: number) => head.every((byte, at) => (at % 2 === parity) === (byte === 0))
  return zeros(1) ? 'LE' : zeros(0) ? 'BE' : undefined
}

function decoded(bytes: Buffer, path: string): Buffer {
  const order = utf16Of(bytes)
  if (order === undefined) return bytes
  if (bytes.length % 2 !== 0) throw corruptAt(path)(1, 'it is UTF-16 with half a character at its end')
  const text = (order === 'LE' ? bytes : Buffer.from(bytes).swap16()).toString('utf16le').replace(/^\ufeff/, '')
  const at = text.isWellFormed() ? -1 : text.search(/[\ud800-\udfff]/u)
  if (at !== -1) throw corruptAt(path)(text.slice(0, at).split('\n').length, 'it has UTF-16 that is no character')
  return Buffer.from(text)
}

function textBeginning(bytes: Buffer, path: string): string {
  const beginning = bytes.subarray(0, beginningBytes)
  const what = binaryName(bytes)
  if (what !== undefined) throw unreadable(path, what)
  return beginning.toString().replace(/^\ufeff/, '')
}

/** Formats that are no text, by the bytes they begin with. */
const signatures: readonly (readonly [bytes: string, what: string])[] = [
  ['JEPSEN', "it is a test.jepsen, Jepsen's own binary format; give the history.edn or history.txt beside it"],
  ['PK\u0003\u0004', 'it is a ZIP archive; unpack it and give the history in it'],
  ['\u0028\u00b5\u002f\u00fd', 'it is packed with zstd; unpack it first'],
  ['\u00fd7zXZ', 'it is packed with xz; unpack it first'],
  ['BZh', 'it is packed with bzip2; unpack it first'],
  ['7z\u00bc\u00af', 'it is a 7z archive; unpack it and give the history in it'],
  ['SQLite format 3', 'it is a database of SQLite'],
  ['%PDF', 'it is a PDF document'],
  ['\u0089PNG', 'it is a PNG image'],
  ['\u007fELF', 'it is a program'],
  ['\u00ff\u00fe\u0000\u0000', 'it is UTF-32; make it UTF-8 first'],
  ['\u0000\u0000\u00fe\u00ff', 'it is UTF-32; make it UTF-8 first'],
]

function binaryName(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, 16).toString('latin1')
  const known = signatures.find(([signature]) => head.startsWith(signature))
  if (known) return known[1]
  if (bytes.subarray(257, 262).toString('latin1') === 'ustar')
    return 'it is a tar archive; unpack it and give the history in it'
  return bytes.subarray(0, beginningBytes).includes(0) ? 'it is a binary file, no history' : undefined
}

function lineOfFault(bytes: Buffer): number {
  let line = 1
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(10, from)
    const to = end === -1 ? bytes.length : end
    if (!isUtf8(bytes.subarray(from, to))) return line
    from = to + 1
  }
  return line
}
