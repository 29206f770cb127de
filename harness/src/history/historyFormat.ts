import { basename } from 'node:path'
import { unreadable } from './plainBytes.ts'

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
  if (/^[[{\s]*\{\s*"/.test(text) || text === '[]' || isTornJson(text)) {
    return /^\{\s*"(?:[^"\\]|\\.)*"\s*:/.test(text) && !looksLikeEvents(text) ? 'journal' : 'json'
  }
  return /^[{[(;#^]/.test(text) ? 'edn' : 'jepsenLog'
}

function isTornJson(text: string): boolean {
  return /^\{\s*$/.test(text)
}

/** A line of the journal has a type of its own; an event of Jepsen's has how it ended, and a process. */
function looksLikeEvents(text: string): boolean {
  if (/^\{\s*"type"\s*:\s*"(?:header|operation|invocation|outcome|event|observation|end)"/.test(text)) return false
  const first = text.slice(0, text.search(/[}\n]\s*[{\n]|$/) + 1)
  return /"type"\s*:\s*":?(?:invoke|ok|fail|info)"/.test(first) || /"process"\s*:/.test(first)
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
