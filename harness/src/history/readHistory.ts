import { corruptAt } from './foreignEvents.ts'
import { type ForeignHistory, type ForeignOptions, historyOf } from './foreignHistory.ts'
import { formatOf, type HistoryFormat } from './historyFormat.ts'
import { contentsOf, textOf } from './plainBytes.ts'
import { ednEvents } from './readEdnHistory.ts'
import { jepsenLogEvents } from './readJepsenLog.ts'
import { readJournal } from './readJournal.ts'
import { jsonEvents } from './readJsonHistory.ts'

export type { HistoryFormat }

export interface ReadHistory extends ForeignHistory {
  format: HistoryFormat
}

/**
 * Reads a history in whatever format it is, told by how it begins; packed with gzip or not, in UTF-8 or UTF-16. Throws as
 * readJournal does, and ARTIFACT_UNREADABLE with the name of what is no history.
 */
export function readHistory(path: string, options: ForeignOptions = {}): ReadHistory {
  const contents = contentsOf(path)
  const format = formatOf(contents.beginning, path)
  if (format === 'journal') return { history: readJournal(path, contents.bytes), format, notes: [] }
  const corrupt = corruptAt(path)
  const text = textOf(path, contents)
  const read = { edn: ednEvents, json: jsonEvents, jepsenLog: jepsenLogEvents }[format]
  const foreign = historyOf(read(text, corrupt), corrupt, { ...options, failedCasAnswers: format === 'jepsenLog' })
  if (foreign.history.operations.length === 0) throw corrupt(1, 'there is no operation in it')
  return { ...foreign, format }
}
