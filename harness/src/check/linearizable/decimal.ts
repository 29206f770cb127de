/** Decimal numbers as text, added exactly: 0.1 and 0.2 make 0.3, and integers above 2^53 stay what they are. */

interface Decimal {
  units: bigint
  /** How many of the digits stand behind the point. */
  scale: number
}

/** More digits behind a point than any amount has; a number that asks for more is none. */
const mostDigits = 400

function parsed(text: string): Decimal | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  if (sign === undefined || Math.abs(Number(exponent)) > mostDigits) return undefined
  const shift = fraction.length - Number(exponent)
  const digits = BigInt(`${whole}${fraction}`) * 10n ** BigInt(Math.max(0, -shift))
  return { units: sign === '-' ? -digits : digits, scale: Math.max(0, shift) }
}

function shown({ units, scale }: Decimal): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '')
  const whole = digits.slice(0, digits.length - scale)
  return `${units < 0n ? '-' : ''}${whole}${scale > 0 && fraction !== '' ? `.${fraction}` : ''}`
}

/** The one way to write the number; undefined for what is none. */
export function canonical(text: string): string | undefined {
  if (/^(0|-?[1-9]\d*)$/.test(text)) return text
  const decimal = parsed(text)
  return decimal && shown(decimal)
}

/** NaN where one of them is no decimal. */
export function sum(a: string, b: string): string {
  const [left, right] = [Number(a), Number(b)]
  if (
    a !== '' &&
    b !== '' &&
    Number.isSafeInteger(left) &&
    Number.isSafeInteger(right) &&
    Number.isSafeInteger(left + right)
  ) {
    return String(left + right + 0)
  }
  const [x, y] = [parsed(a), parsed(b)]
  if (x === undefined || y === undefined) return 'NaN'
  const scale = Math.max(x.scale, y.scale)
  const at = ({ units, scale: own }: Decimal) => units * 10n ** BigInt(scale - own)
  return shown({ units: at(x) + at(y), scale })
}

export function digitsBehindPoint(text: string): number {
  return canonical(text)?.split('.')[1]?.length ?? 0
}

/**
 * A number that a system with binary fractions answered, as the decimal of so many digits that it stands for:
 * 0.30000000000000004 is 0.3. One that is further off than a billionth stays what it is.
 */
export function nearestDecimal(text: string, digits: number): string | undefined {
  const own = canonical(text)
  if (own === undefined || digitsBehindPoint(own) <= digits) return own
  const value = Number(own)
  const near = value.toFixed(Math.min(digits, 100))
  return Math.abs(Number(near) - value) <= 1e-9 * Math.max(1, Math.abs(value)) ? canonical(near) : own
}
