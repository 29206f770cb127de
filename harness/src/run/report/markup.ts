import { stripVTControlCharacters } from 'node:util'

/** HTML that was made here: whatever else goes into a page is text, and is escaped. */
export class Markup {
  readonly html: string

  constructor(html: string) {
    this.html = html
  }
}

export type Child = Markup | string | number | undefined | readonly Child[]

const empty = new Set(['meta', 'br', 'link'])

/** One element. Text among its children and its attributes is escaped, so that a log line is shown and never obeyed. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | boolean | undefined>>,
  ...children: readonly Child[]
): Markup {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([key, value]) => (value === true ? ` ${key}` : ` ${key}="${escaped(String(value))}"`))
    .join('')
  return new Markup(
    empty.has(name) ? `<${name}${written}>` : `<${name}${written}>${children.map(htmlOf).join('')}</${name}>`,
  )
}

/** JSON that may stand in a script element: no text in it can end the element or begin a comment. */
export function jsonInScript(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
}

function htmlOf(child: Child): string {
  if (child === undefined) return ''
  if (child instanceof Markup) return child.html
  if (typeof child === 'string' || typeof child === 'number') return escaped(String(child))
  return child.map(htmlOf).join('')
}

/** Colours of a terminal and other control characters have no place on a page; line feeds and tabs have. */
function escaped(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[^\P{Cc}\n\t]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
