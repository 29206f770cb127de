export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** Sums of hundredths, and of integers of any size as text; undefined where there is no sum. */
export function addedTo(held: unknown, amount: number | string, subtract: boolean): number | string | undefined {
  if (held !== undefined && typeof held !== 'number' && !isDigits(held)) return undefined
  const sum = hundredths(held ?? 0) + (subtract ? -1n : 1n) * hundredths(amount)
  const whole = sum / 100n
  if (sum % 100n !== 0n) return Number(sum) / 100
  return whole > BigInt(Number.MAX_SAFE_INTEGER) || whole < -BigInt(Number.MAX_SAFE_INTEGER)
    ? String(whole)
    : Number(whole)
}

function isDigits(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d+$/.test(value)
}

function hundredths(value: number | string | unknown): bigint {
  if (typeof value === 'string' || Number.isInteger(value)) return BigInt(value as number) * 100n
  return BigInt(Math.round((value as number) * 100))
}
