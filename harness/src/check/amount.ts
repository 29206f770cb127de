/** An amount as an exact count of units of 10^-digits: 0.1 and 0.2 make 0.3, and integers above 2^53 stay what they are. */
export interface Amount {
  units: bigint
  digits: number
}

/** More digits than any amount has; a number that asks for more is none. */
const mostDigits = 400

/** The amount that a number or its decimal text tells; undefined for what is none. */
export function amountOf(value: unknown): Amount | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') return undefined
  const parts = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(String(value).trim())
  if (parts === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts
  if (Math.abs(Number(exponent)) > mostDigits) return undefined
  const digits = fraction.length - Number(exponent)
  const units = BigInt(`${whole}${fraction}`) * 10n ** BigInt(Math.max(0, -digits))
  return { units: sign === '-' ? -units : units, digits: Math.max(0, digits) }
}

/** In units of 10^-digits, which must not be fewer than the amount has. */
export function unitsAt({ units, digits: own }: Amount, digits: number): bigint {
  return units * 10n ** BigInt(digits - own)
}

/**
 * What was read, in units of 10^-digits. A system with binary fractions reads 0.30000000000000004 for 0.3: what is less
 * than a billionth off is that. Undefined: it is a fraction of a unit, so no sum of such amounts.
 */
export function unitsRead(read: Amount, digits: number): bigint | undefined {
  if (read.digits <= digits) return unitsAt(read, digits)
  const finer = 10n ** BigInt(read.digits - digits)
  const rounded = roundedBy(read.units, finer)
  const off = magnitude(read.units - rounded * finer)
  const size = magnitude(read.units)
  const one = 10n ** BigInt(read.digits)
  return off * 1_000_000_000n <= (size > one ? size : one) ? rounded : undefined
}

export function formatUnits(units: bigint, digits: number): string {
  const text = String(magnitude(units)).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+(?!\d))/g, ' ')
  const fraction = text.slice(text.length - digits).replace(/0+$/, '')
  return `${units < 0n ? '−' : ''}${whole}${digits > 0 && fraction !== '' ? `.${fraction}` : ''}`
}

function roundedBy(units: bigint, finer: bigint): bigint {
  const half = units < 0n ? -finer / 2n : finer / 2n
  return (units + half) / finer
}

function magnitude(units: bigint): bigint {
  return units < 0n ? -units : units
}
