/**
 * Text of others (keys, values, logs, messages of a system under test) made fit to be printed. Sequences that steer a
 * terminal are cut out, other characters that cannot be seen or that turn the order of writing are spelled out, and no
 * line can be taken for a command by what reads the output of a job: GitHub's `::name::` at the beginning of a line and
 * `##[name]` anywhere. Line feeds and tabs stay. Use it where text is printed; what is saved keeps every byte.
 */
export function shownText(text: string): string {
  if (!suspicious.test(text)) return text
  return text
    .replace(terminalSequences, '')
    .replace(/\r\n/g, '\n')
    .replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/^(\s*:)(?=:)/gm, '$1 ')
    .replace(/##(?=[[a-z])/gi, '# #')
}

/** Text that is to be one line: its line feeds are spelled out too. */
export function shownLine(text: string): string {
  return shownText(text.replace(/[\r\n]/g, (end) => (end === '\n' ? '\\n' : '\\r')))
}

// CSI (colours, cursor), OSC and other strings up to their end, and every other ESC with what follows it.
const terminalSequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g

// C0 without tab and line feed, DEL, C1; marks of direction, what has no width, line and paragraph separators.
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

/** A first look, so that plain text costs little. */
const suspicious = new RegExp(`${unseen.source}|^\\s*::|##`, 'm')
