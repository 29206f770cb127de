import { EdnError, EdnReader } from './edn.ts'
import type { Corrupt, ForeignEvent } from './foreignEvents.ts'
import { tooDeep } from './parseJson.ts'

/**
 * What stands before an operation: nothing in history.txt; in a log who says it, behind a level (`INFO  jepsen.util - 3 …`), a
 * level and a time (`INFO [2022-03-13 03:19:15,001] jepsen worker 1 - jepsen.util 3 …`, as the console has it) or a time and
 * a level (`2022-03-13 03:19:15,100{GMT}	INFO	[jepsen worker 1] jepsen.util: 3 …`, as the file has it).
 */
const speaker = /^(?=\S).*?\bjepsen\.(?:util|print|core)\b\s*[-:]?\s+/
const level = /^(?:\d{4}-\d\d-\d\d[^\n]*?\s)?\[?(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b/
/** Process, type and function, with blanks or tabs between them; what follows is the value and perhaps an error. */
const operation = /^\s*(-?\d+|:?[A-Za-z][\w./-]*)[ \t]+:(invoke|ok|fail|info)[ \t]+(:[^\s"()[\]{}]+)[ \t]+/
/** It begins as one, and so must go on as one. */
const operationBegun = /^\s*(?:-?\d+|:[A-Za-z][\w./-]*)[ \t]+:(?:(?:invoke|ok|fail|info)\b|\w*$)/
// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a console
const colours = /\u001b\[[\d;]*m/g

/**
 * The events of the log of a Jepsen run. A value may span lines. Lines of other parts of Jepsen are passed over, with the
 * stack traces below them; all else that is no whole operation is damage.
 */
export function* jepsenLogEvents(text: string, corrupt: Corrupt): Generator<ForeignEvent> {
  for (const { line, text: record } of recordsIn(text, corrupt)) {
    const parts = operation.exec(record)
    if (parts === null) throw corrupt(line, 'it is no whole operation')
    const [head, process = '', type = '', f = ''] = parts
    const isClient = /^-?\d+$/.test(process)
    const rest = record.slice(head.length)
    const isEnd = type === 'fail' || type === 'info'
    const told = isEnd || !isClient ? leniently(rest, line) : strictly(rest, type, line, corrupt)
    yield { line, process: isClient ? Number(process) : process, type, f, ...told }
  }
}

/** Whether some line of the text is one of a Jepsen log. */
export function isLikeJepsenLog(text: string): boolean {
  return text.split(/\r?\n/).some((line) => toldBy(line.replace(colours, '')) !== 'more')
}

/** Lines that belong together: one that begins an operation, with those behind it that begin nothing. */
function* recordsIn(text: string, corrupt: Corrupt): Generator<{ line: number; text: string }> {
  let record: { line: number; text: string } | undefined
  let passingOver = false
  for (const [at, raw] of text.split('\n').entries()) {
    const content = raw.replace(/\r$/, '').replace(colours, '')
    const told = toldBy(content)
    if (told === 'operation' || told === 'another') {
      if (record) yield record
      record = told === 'operation' ? { line: at + 1, text: saidIn(content) } : undefined
      passingOver = told === 'another'
    } else if (content.trim() === '' || passingOver) {
      // A blank line, or more of what another part of Jepsen says: a stack trace, for one.
    } else if (record) record.text += `\n${content}`
    else throw corrupt(at + 1, 'it is no operation of a Jepsen log')
  }
  if (record) yield record
}

function toldBy(line: string): 'operation' | 'another' | 'more' {
  if (operationBegun.test(saidIn(line))) return 'operation'
  return level.test(line) || speaker.test(line) ? 'another' : 'more'
}

/** The line without what stands before an operation. */
function saidIn(line: string): string {
  return level.test(line) || line.startsWith('jepsen.') ? line.replace(speaker, '') : line
}

interface Told {
  value: unknown
  error?: unknown
}

/** What was invoked, or ended well, is one value; behind a good end there may be more on the same line. */
function strictly(text: string, type: string, line: number, corrupt: Corrupt): Told {
  const reader = new EdnReader(text, line)
  try {
    if (reader.atEnd()) throw corrupt(line, 'its value is missing')
    const { value } = reader.read()
    if (!reader.atEnd() && (type !== 'ok' || reader.line > line || text.includes('\n'))) {
      throw corrupt(line, 'there is more behind its value')
    }
    return { value }
  } catch (error) {
    if (!(error instanceof EdnError)) throw error
    throw corrupt(error.line, error.message === tooDeep ? tooDeep : 'its value is not whole', error)
  }
}

/**
 * What failed, what nobody knows the end of, and what the nemesis did: a value, and behind it an error as anything that prints.
 * Where there is no value that can be read, all of it is the error.
 */
function leniently(text: string, line: number): Told {
  const reader = new EdnReader(text, line)
  try {
    if (reader.atEnd()) return { value: null }
    const { value } = reader.read()
    const rest = reader.rest
    const isWhole = rest === '' || /^\s/.test(rest)
    if (!isWhole) return { value: null, error: text.trim() }
    return rest.trim() === '' ? { value } : { value, error: errorIn(rest.trim(), line) }
  } catch (error) {
    if (error instanceof EdnError) return { value: null, error: text.trim() }
    throw error
  }
}

/** One value, or what its text is. */
function errorIn(text: string, line: number): unknown {
  const reader = new EdnReader(text, line)
  try {
    const { value } = reader.read()
    return reader.atEnd() && typeof value === 'string' ? value : text
  } catch {
    return text
  }
}
