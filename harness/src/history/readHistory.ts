import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { HarnessError, messageOf } from '../base/errors.ts'
import { corruptAt } from './foreignEvents.ts'
import type { History } from './history.ts'
import { readEdnHistory } from './readEdnHistory.ts'
import { readJepsenLog } from './readJepsenLog.ts'
import { readJournal } from './readJournal.ts'

export type HistoryFormat = 'journal' | 'edn' | 'jepsenLog'

/** Reads a history in whatever format it is, told by how it begins. Throws as readJournal does. */
export function readHistory(path: string): { history: History; format: HistoryFormat } {
  const format = formatOf(beginningOf(path))
  if (format === 'journal') return { history: readJournal(path), format }
  const text = guarded(path, () => readFileSync(path, 'utf8'))
  const corrupt = corruptAt(path)
  const history = format === 'edn' ? readEdnHistory(text, corrupt) : readJepsenLog(text, corrupt)
  if (history.operations.length === 0) throw corrupt(1, 'there is no operation in it')
  return { history, format }
}

/** JSON begins with a quoted name, EDN with anything else in braces, brackets or behind a comment; a log with a word. */
function formatOf(beginning: string): HistoryFormat {
  if (/^\s*(\{\s*"|$)/.test(beginning)) return 'journal'
  return /^\s*[{[(;#]/.test(beginning) ? 'edn' : 'jepsenLog'
}

function beginningOf(path: string): string {
  return guarded(path, () => {
    const file = openSync(path, 'r')
    try {
      const bytes = Buffer.alloc(256)
      return bytes.toString('utf8', 0, readSync(file, bytes))
    } finally {
      closeSync(file)
    }
  })
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new HarnessError('ARTIFACT_UNREADABLE', `The history ${path} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    })
  }
}
