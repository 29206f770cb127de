/**
 * How deep a value of a history may be nested. What compares, prints and saves values calls itself once a level, so a
 * bound keeps every one of them off the end of the stack. 1 000: a hundred times what systems write, a tenth of the stack.
 */
export const deepestNesting = 1_000

export const tooDeep = `a value is nested more than ${deepestNesting} levels deep, which is the most that Breakwater reads`

/**
 * Reads JSON without losing anything: a number that a double would round (an integer above 2^53, 1e400) stays text, so
 * that two different ones stay different. Throws SyntaxError for what is no JSON, RangeError for what is nested too deep.
 */
export function parseJson(text: string): unknown {
  if (text.length > deepestNesting && depthOf(text) > deepestNesting) throw new RangeError(tooDeep)
  return unsafeNumber.test(text) ? (JSON.parse as ParseWithSource)(text, exact) : JSON.parse(text)
}

/** A number that may be unsafe: it begins with 16 digits, or has an exponent. Digits within text are not looked at. */
const unsafeNumber = /(?:^|[:,[\s])-?(?:\d{16}|\d[\d.]*[eE])/

type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown

function exact(_: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === 'number' && source !== undefined ? numberOf(source) : value
}

/** The number that these digits are, or the digits themselves where a double cannot hold them. */
export function numberOf(digits: string): number | string {
  const number = Number(digits)
  const isKept = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number))
  return isKept ? number : digits.replace(/^\+/, '')
}

/** How deep the brackets and braces of JSON go, without calling itself. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      for (at++; at < text.length && text.charCodeAt(at) !== quote; at++) if (text.charCodeAt(at) === backslash) at++
    } else if (code === bracket || code === brace) deepest = Math.max(deepest, ++depth)
    else if (code === bracket + 2 || code === brace + 2) depth--
  }
  return deepest
}

const [quote, backslash, bracket, brace] = [0x22, 0x5c, 0x5b, 0x7b]
