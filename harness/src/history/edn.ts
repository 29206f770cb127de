/**
 * A reader of EDN, as much as histories use. Keywords become strings with their colon, maps become objects whose
 * keyword keys have lost it, sets and lists become arrays; tags are dropped. It exists because it knows of each value
 * the line it began on and refuses what is damaged; readers to be had accept a truncated file in silence.
 */
export interface EdnValue {
  value: unknown
  line: number
}

/** What is wrong with the text, and on which line. */
export class EdnError extends Error {
  readonly line: number
  constructor(line: number, why: string) {
    super(why)
    this.name = 'EdnError'
    this.line = line
  }
}

const closers: Record<string, string> = { '[': ']', '(': ')', '{': '}' }
const delimiters = /[\s,;"()[\]{}]/

export class EdnReader {
  readonly #text: string
  #at = 0
  #line: number

  /** `firstLine`: the number of the text's first line in its file. */
  constructor(text: string, firstLine = 1) {
    this.#text = text
    this.#line = firstLine
  }

  get line(): number {
    return this.#line
  }

  /** The values one after the other, until the end. A list or vector at the top gives its elements. */
  *elements(): Generator<EdnValue> {
    for (let next = this.#peek(); next !== ''; next = this.#peek()) {
      if (next !== '[' && next !== '(') {
        yield this.read()
        continue
      }
      const begun = this.#line
      this.#at++
      while (!this.#closed(closers[next] as string, begun)) yield this.read()
    }
  }

  /** The next value. Throws EdnError where there is none, or none that is whole. */
  read(): EdnValue {
    const next = this.#peek()
    const line = this.#line
    switch (next) {
      case '':
        throw new EdnError(line, 'the text ends where a value was to come')
      case '"':
        return { value: this.#string(), line }
      case '[':
      case '(':
        return { value: this.#list(closers[next] as string), line }
      case '{':
        return { value: this.#map(), line }
      case '#':
        return this.#dispatch()
      case '\\':
        return { value: this.#character(), line }
      case ']':
      case ')':
      case '}':
        throw new EdnError(line, `there is a ${next} that nothing opened`)
      default:
        return { value: this.#atom(), line }
    }
  }

  /** True if nothing but blanks and comments is left. */
  atEnd(): boolean {
    return this.#peek() === ''
  }

  /** The next character that is neither blank nor comment; '' at the end. */
  #peek(): string {
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at] as string
      if (character === '\n') this.#line++
      else if (character === ';') {
        const end = this.#text.indexOf('\n', this.#at)
        this.#at = (end === -1 ? this.#text.length : end) - 1
      } else if (character === '#' && this.#text[this.#at + 1] === '_') {
        this.#at += 2
        this.read()
        this.#at--
      } else if (character !== ',' && !/\s/.test(character)) return character
    }
    return ''
  }

  #closed(closer: string, begun: number): boolean {
    const next = this.#peek()
    if (next === '') throw new EdnError(this.#line, `the text ends within what begins on line ${begun}`)
    if (next !== closer) return false
    this.#at++
    return true
  }

  #list(closer: string): unknown[] {
    const begun = this.#line
    const list: unknown[] = []
    this.#at++
    while (!this.#closed(closer, begun)) list.push(this.read().value)
    return list
  }

  #map(): Record<string, unknown> {
    const begun = this.#line
    const map: Record<string, unknown> = {}
    this.#at++
    while (!this.#closed('}', begun)) {
      const { value: key, line } = this.read()
      if (this.#peek() === '}') throw new EdnError(line, `the map has no value for ${String(key)}`)
      const name = typeof key === 'string' && key.startsWith(':') ? key.slice(1) : JSON.stringify(key)
      if (Object.hasOwn(map, name)) throw new EdnError(line, `the map has the key ${String(key)} twice`)
      map[name] = this.read().value
    }
    return map
  }

  /** Sets, `##Inf` and the like, and tagged values, of which the tag is dropped. */
  #dispatch(): EdnValue {
    const line = this.#line
    const follows = this.#text[++this.#at]
    if (follows === '{') return { value: this.#list('}'), line }
    if (follows === '#') {
      this.#at++
      return { value: this.#atom(), line }
    }
    this.#atom()
    return { value: this.read().value, line }
  }

  #string(): string {
    const begun = this.#line
    let from = ++this.#at
    let text = ''
    for (; ; this.#at++) {
      const character = this.#text[this.#at]
      if (character === undefined) throw new EdnError(this.#line, `the text ends within what begins on line ${begun}`)
      if (character === '\n') this.#line++
      if (character !== '"' && character !== '\\') continue
      text += this.#text.slice(from, this.#at)
      if (character === '"') break
      text += this.#escape()
      from = this.#at + 1
    }
    this.#at++
    return text
  }

  #escape(): string {
    const letter = this.#text[++this.#at]
    if (letter === 'u') {
      const digits = this.#text.slice(this.#at + 1, this.#at + 5)
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new EdnError(this.#line, `\\u${digits} is no character`)
      this.#at += 4
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '"': '"', '\\': '\\' }
    const meant = letter === undefined ? undefined : escapes[letter]
    if (meant === undefined) throw new EdnError(this.#line, `\\${letter ?? ''} is not an escape`)
    return meant
  }

  #character(): string {
    this.#at++
    const first = this.#text[this.#at] ?? ''
    this.#at++
    const name = first + this.#token()
    return { newline: '\n', space: ' ', tab: '\t', return: '\r' }[name] ?? name
  }

  #token(): string {
    const from = this.#at
    while (this.#at < this.#text.length && !delimiters.test(this.#text[this.#at] as string)) this.#at++
    return this.#text.slice(from, this.#at)
  }

  #atom(): unknown {
    const token = this.#token()
    if (token === '') throw new EdnError(this.#line, 'a name is missing')
    if (token === 'nil') return null
    if (token === 'true') return true
    if (token === 'false') return false
    if (/^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?[NM]?$/.test(token)) return numberOf(token)
    if (/^[+-]?\d/.test(token) && !/^[+-]?\d+\/\d+$/.test(token)) {
      throw new EdnError(this.#line, `${token} is no number`)
    }
    return token
  }
}

/** A number that a double cannot hold stays text, so that two different ones stay different. */
function numberOf(token: string): number | string {
  const digits = token.replace(/[NM]$/, '')
  const number = Number(digits)
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? digits : number
}
