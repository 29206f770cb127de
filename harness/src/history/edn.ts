import { ednName, setOf, tagged } from './ednValue.ts'
import { deepestNesting, numberOf, tooDeep } from './parseJson.ts'

/**
 * A reader of EDN as histories use it, and of what Clojure prints beyond EDN (records, regular expressions, objects that
 * cannot be read). What the values become is told in ednValue.ts. It exists because it knows of each value the line it
 * began on and refuses what is damaged; readers to be had accept a truncated file in silence.
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
const namedCharacters: Record<string, string> = {
  newline: '\n',
  space: ' ',
  tab: '\t',
  return: '\r',
  backspace: '\b',
  formfeed: '\f',
}

export class EdnReader {
  readonly #text: string
  #at = 0
  #line: number
  #depth = 0

  /** `firstLine`: the number of the text's first line in its file. */
  constructor(text: string, firstLine = 1) {
    this.#text = text
    this.#line = firstLine
  }

  get line(): number {
    return this.#line
  }

  /** What has not been read yet. */
  get rest(): string {
    return this.#text.slice(this.#at)
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

  /** The next value. Throws EdnError where there is none, or none that is whole, or one that is nested too deep. */
  read(): EdnValue {
    if (++this.#depth > deepestNesting + 1) throw new EdnError(this.#line, tooDeep)
    const next = this.#peek()
    const line = this.#line
    const value = this.#valueFrom(next)
    this.#depth--
    return { value, line }
  }

  #valueFrom(next: string): unknown {
    switch (next) {
      case '':
        throw new EdnError(this.#line, 'the text ends where a value was to come')
      case '"':
        return this.#string()
      case '[':
      case '(':
        return this.#list(closers[next] as string)
      case '{':
        return this.#map()
      case '#':
        return this.#dispatch()
      case '\\':
        return tagged('char', this.#character())
      case '^':
        // Metadata is no part of the value that follows it.
        this.#at++
        this.read()
        return this.read().value
      case ']':
      case ')':
      case '}':
        throw new EdnError(this.#line, `there is a ${next} that nothing opened`)
      default:
        return this.#atom()
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

  /** `namespace`: of `#:name{…}`, whose keywords are all of that name. */
  #map(namespace = ''): Record<string, unknown> {
    const begun = this.#line
    const entries = new Map<string, unknown>()
    this.#at++
    while (!this.#closed('}', begun)) {
      const { value: key, line } = this.read()
      const name = ednName(key, namespace)
      if (this.#peek() === '}') throw new EdnError(line, `the map has no value for ${shown(key)}`)
      if (entries.has(name)) throw new EdnError(line, `the map has the key ${shown(key)} twice`)
      entries.set(name, this.read().value)
    }
    // Not by assignment: a key may be called __proto__.
    return Object.fromEntries(entries)
  }

  /** Sets, `##Inf` and the like, regular expressions, what cannot be read, and tagged values. */
  #dispatch(): unknown {
    const follows = this.#text[++this.#at]
    if (follows === '{') return setOf(this.#list('}'))
    if (follows === '"') return tagged('regex', this.#pattern())
    if (follows === '<') return tagged('object', this.#unreadable())
    if (follows === '#') {
      this.#at++
      return tagged('number', this.#token())
    }
    if (follows === "'") return tagged('var', this.#token())
    const tag = this.#token()
    if (tag === '') throw new EdnError(this.#line, 'the name of a tag is missing')
    if (tag.startsWith(':') && this.#peek() === '{') return this.#map(tag.replace(/^:+/, ''))
    return tagged(tag, this.read().value)
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

  /** The text of a regular expression: its backslashes are its own. */
  #pattern(): string {
    const begun = this.#line
    const from = ++this.#at
    for (; this.#text[this.#at] !== '"'; this.#at++) {
      if (this.#text[this.#at] === '\\') this.#at++
      if (this.#at >= this.#text.length) throw new EdnError(begun, `the text ends within what begins on line ${begun}`)
      if (this.#text[this.#at] === '\n') this.#line++
    }
    return this.#text.slice(from, this.#at++)
  }

  /** `#<Exception java.lang.Exception: no>`, as Clojure once printed what it cannot read: up to the > that closes it. */
  #unreadable(): string {
    const begun = this.#line
    const from = this.#at
    for (let open = 0; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]
      if (character === '\n') this.#line++
      if (character === '<') open++
      if (character === '>' && --open === 0) return this.#text.slice(from, ++this.#at)
    }
    throw new EdnError(begun, `the text ends within what begins on line ${begun}`)
  }

  #escape(): string {
    const letter = this.#text[++this.#at]
    if (letter === 'u') {
      const digits = this.#text.slice(this.#at + 1, this.#at + 5)
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new EdnError(this.#line, `\\u${digits} is no character`)
      this.#at += 4
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    const octal = /^[0-3]?[0-7]{1,2}/.exec(this.#text.slice(this.#at, this.#at + 3))?.[0]
    if (octal !== undefined) {
      this.#at += octal.length - 1
      return String.fromCharCode(Number.parseInt(octal, 8))
    }
    const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '"': '"', '\\': '\\' }
    const meant = letter === undefined ? undefined : escapes[letter]
    if (meant === undefined) throw new EdnError(this.#line, `\\${letter ?? ''} is not an escape`)
    return meant
  }

  #character(): string {
    const point = this.#text.codePointAt(++this.#at)
    if (point === undefined) throw new EdnError(this.#line, 'the text ends where a character was to come')
    const first = String.fromCodePoint(point)
    this.#at += first.length
    const name = /[\p{L}\p{N}]/u.test(first) ? first + this.#token() : first
    const digits = /^(?:u([0-9a-fA-F]{4})|o([0-3]?[0-7]{1,2}))$/.exec(name)
    if (digits !== null) return String.fromCharCode(Number.parseInt(digits[1] ?? digits[2] ?? '', digits[1] ? 16 : 8))
    if (Object.hasOwn(namedCharacters, name)) return namedCharacters[name] as string
    if ([...name].length !== 1) throw new EdnError(this.#line, `\\${name} is no character`)
    return name
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
    if (token.startsWith(':')) return token
    if (/^[+-]?\d/.test(token)) return this.#number(token)
    return tagged('symbol', token)
  }

  #number(token: string): unknown {
    if (/^[+-]?\d+N?$/.test(token)) return numberOf(token.replace('N', ''))
    if (/^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?$/.test(token)) return numberOf(token)
    if (/^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?M$/.test(token)) return decimalOf(token.slice(0, -1))
    if (/^[+-]?0[xX][0-9a-fA-F]+N?$/.test(token)) {
      const value = BigInt(token.replace(/^[+-]|N$/g, ''))
      return numberOf(String(token.startsWith('-') ? -value : value))
    }
    if (/^[+-]?\d+\/\d+$/.test(token)) return tagged('ratio', token.replace(/^\+/, ''))
    throw new EdnError(this.#line, `${token} is no number`)
  }
}

/** A decimal of any length: text where a double would say another. */
function decimalOf(digits: string): number | string {
  const plain = digits.replace(/^\+/, '')
  return digits.replace(/\D/g, '').length <= 15 ? numberOf(plain) : plain
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
