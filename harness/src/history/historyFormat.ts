import { basename } from 'node:path'
import { unreadable } from './plainBytes.ts'
import { isLikeJepsenLog } from './readJepsenLog.ts'

export const historyFormats = ['journal', 'edn', 'json', 'jepsenLog'] as const
export type HistoryFormat = (typeof historyFormats)[number]

/**
 * The format of a history, by how it begins: the journal of Breakwater with a line of its own, other JSON with an object or a list of
 * objects, EDN with a map, a list or a tag, a log with a word. Throws ARTIFACT_UNREADABLE with the name of what is none of them.
 */
export function formatOf(beginning: string, path: string): HistoryFormat {
  const text = beginning.trimStart()
  const other = text === '' ? emptyName(beginning, path) : otherName(text)
  if (other !== undefined) throw unreadable(path, other)
  if (isLineOfJournal(text)) return 'journal'
  if (basename(path) === 'history.jsonl' && text.startsWith('{') && !isEvents(text)) return 'journal'
  if (/^[[\s]*\{\s*"/.test(text)) {
    if (isEvents(text) || !text.includes('}')) return 'json'
    throw unreadable(path, `it is JSON, but ${noHistory}`)
  }
  if (/^[{[(;#^]/.test(text)) {
    if (/:(?:\w+\/)?(?:type|process|f)\b/.test(text) || !text.includes('}')) return 'edn'
    throw unreadable(path, `it is EDN, but ${noHistory}`)
  }
  if (isLikeJepsenLog(text)) return 'jepsenLog'
  throw unreadable(path, `it is text, but ${noHistory}`)
}

const noHistory =
  "no history that is known here: a journal of Breakwater, events of Jepsen's in EDN or JSON, or a log of Jepsen's"

/** A line of the journal has a type of its own. */
function isLineOfJournal(text: string): boolean {
  return /^\{\s*"type"\s*:\s*"(?:header|operation|invocation|outcome|event|observation|end)"/.test(text)
}

/** An event of Jepsen's tells how it ended, and which process it was. */
function isEvents(text: string): boolean {
  if (isLineOfJournal(text)) return false
  return /"type"\s*:\s*":?(?:invoke|ok|fail|info)"/.test(text) || /"process"\s*:/.test(text)
}

function emptyName(beginning: string, path: string): string {
  if (basename(path) === 'history.jsonl' && beginning === '') return 'the file is empty, so nothing was recorded'
  return beginning === '' ? 'the file is empty' : 'there is nothing but blanks in it'
}

/** What people give by mistake. */
function otherName(text: string): string | undefined {
  if (/^<(?:!doctype html|html|head|body)/i.test(text)) return 'it is an HTML page, no history'
  if (/^<(?:\?xml|svg|!--|[a-z])/i.test(text)) return 'it is XML, no history'
  if (
    /^(?:---(?:\s|$)|%YAML)/.test(text) ||
    /^(?:- )?[A-Za-z_][\w-]*:(?:[ \t]\S.*)?\r?\n(?:[ \t]*(?:- |#|[A-Za-z_][\w-]*:)|$)/.test(text)
  ) {
    return 'it is YAML, no history'
  }
  if (/^#!/.test(text)) return 'it is a script, no history'
  if (/^(?:[A-Za-z_"][\w" ]*,){2,}[\w" ]+\r?\n/.test(text)) return 'it is a table of comma-separated values, no history'
  if (/^#{1,6} [^{[]/.test(text)) return 'it is Markdown, no history'
  const result = /^\{:valid\?/.test(text)
  return result ? 'it is the result of a checker (results.edn), no history; give the history.edn beside it' : undefined
}
