import { EdnError, EdnReader } from './edn.ts'
import { type Corrupt, type ForeignEvent, historyOf } from './foreignEvents.ts'
import type { History } from './history.ts'

/** "INFO  jepsen.util - 3	:invoke	:write	4", with or without what stands before the process. */
const begins = /^(?:.*\bjepsen\.util\b\s*[-:]?\s*)?(\d+|:[\w-]+)\t:(invoke|ok|fail|info)\t(:[\w-]+)\t(.*)$/s
const ofTheLog = /^(?:.*\bjepsen\.util\b\s*[-:]|(?:\d+|:[\w-]+)\t:(?:invoke|ok|fail|info)\t)/
/** A line of some other part of Jepsen: it begins with a level, or with a time and a level, and names who says it. */
const ofAnother = /^(?:\d{4}-\d\d-\d\d.*?\t)?(?:TRACE|DEBUG|INFO|WARN|ERROR)\b(?!.*\bjepsen\.util\b)/

/**
 * Reads the log of a Jepsen run: process, type, function and value between tabs. A value may span lines. Lines of other
 * parts of Jepsen are passed over; all else that is no whole operation is damage.
 */
export function readJepsenLog(text: string, corrupt: Corrupt): History {
  return historyOf(eventsIn(text, corrupt), corrupt, { failedCasAnswers: true })
}

function* eventsIn(text: string, corrupt: Corrupt): Generator<ForeignEvent> {
  for (const { line, text: record } of recordsIn(text, corrupt)) {
    const parts = begins.exec(record)
    if (parts === null) throw corrupt(line, 'it is no whole operation')
    const [, process = '', type = '', f = '', rest = ''] = parts
    const [value, error] = valuesIn(rest, line, corrupt)
    const isClient = /^\d+$/.test(process)
    yield { line, process: isClient ? Number(process) : process, type, f, value, error }
  }
}

/** Lines that belong together: one that begins an operation, with those behind it that begin nothing. */
function* recordsIn(text: string, corrupt: Corrupt): Generator<{ line: number; text: string }> {
  let record: { line: number; text: string } | undefined
  let passingOver = false
  for (const [at, line] of text.split('\n').entries()) {
    const content = line.replace(/\r$/, '')
    if (ofTheLog.test(content)) {
      if (record) yield record
      record = { line: at + 1, text: content }
      passingOver = false
    } else if (ofAnother.test(content)) {
      if (record) yield record
      record = undefined
      passingOver = true
    } else if (content.trim() === '' || passingOver) {
      // A blank line, or more of what another part of Jepsen says: a stack trace, for one.
    } else if (record) record.text += `\n${content}`
    else throw corrupt(at + 1, 'it is no operation of a Jepsen log')
  }
  if (record) yield record
}

/** The value, and the error that may stand behind it. The value of what timed out is :timed-out. */
function valuesIn(text: string, line: number, corrupt: Corrupt): unknown[] {
  const reader = new EdnReader(text, line)
  const values: unknown[] = []
  try {
    while (!reader.atEnd()) values.push(reader.read().value)
  } catch (error) {
    throw corrupt(error instanceof EdnError ? error.line : line, `its value is not whole`, error)
  }
  if (values.length === 0 || values.length > 2) {
    throw corrupt(line, values.length === 0 ? 'its value is missing' : 'there is more behind its value')
  }
  return values
}
