/**
 * A word as a shell reads it back, for commands that people copy: `$(…)`, backticks, blanks and quotes in it do nothing. What steers a
 * terminal (Ctrl-C ends the line, and what follows would be the next command) is spelled out as bash and zsh read it.
 */
export function shellQuote(word: string): string {
  if (/^[\w./:@+-][\w./:=@+,-]*$/.test(word)) return word
  // Within double quotes nothing of these is done; an exclamation mark is, at a prompt.
  if (/^[^$`"\\!\p{Cc}]+$/u.test(word)) return `"${word}"`
  if (!steering.test(word)) return `'${word.replaceAll("'", "'\\''")}'`
  const spelled = word.replaceAll(/[\\']/g, '\\$&').replaceAll(new RegExp(steering, 'g'), (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `$'${spelled}'`
}

/** One command of these words. */
export function shellCommand(words: readonly (string | number)[]): string {
  return words.map((word) => shellQuote(String(word))).join(' ')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const steering = /[\u0000-\u001f\u007f]/
