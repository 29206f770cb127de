/** One SVG element as text. Attributes that are undefined are left out; numbers are cut to a tenth of a pixel. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...content: readonly string[]
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? tenth(value) : escaped(value as string)}"`)
    .join('')
  return content.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${content.join('')}</${name}>`
}

export function text(x: number, y: number, words: string, css: string, anchor?: 'middle' | 'end'): string {
  return element('text', { x, y, class: css || undefined, 'text-anchor': anchor }, escaped(words))
}

/** Shown when the mouse rests on the element around it. */
export function tooltip(words: string): string {
  return element('title', {}, escaped(words))
}

export function tenth(value: number): number {
  return Math.round(value * 10) / 10
}

/** Control characters, which logs and error messages may hold, are not allowed in XML at all. */
function escaped(words: string): string {
  return words
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** How wide words may come out, px: fonts differ, so a little more than most of them take. */
export function widthOf(words: string, fontPx = 12): number {
  return [...words].length * fontPx * 0.58
}

/** Cut to the width, with an ellipsis. */
export function fitted(words: string, widthPx: number, fontPx = 12): string {
  const room = Math.max(1, Math.floor(widthPx / (fontPx * 0.58)))
  const letters = [...words]
  return letters.length <= room ? words : `${letters.slice(0, room - 1).join('')}…`
}

/** Broken at spaces into lines of at most that width; what needs more than `most` lines is cut. */
export function wrapped(words: string, widthPx: number, most: number, fontPx = 12): string[] {
  const lines: string[] = []
  let rest = words.split(' ')
  while (rest.length > 0 && lines.length < most) {
    let taken = 1
    while (taken < rest.length && widthOf(rest.slice(0, taken + 1).join(' '), fontPx) <= widthPx) taken++
    if (lines.length === most - 1) taken = rest.length
    lines.push(fitted(rest.slice(0, taken).join(' '), widthPx, fontPx))
    rest = rest.slice(taken)
  }
  return lines
}
