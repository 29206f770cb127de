/**
 * A whole number in decimal digits; undefined for all else. `Number` would take '' and ' ' for 0, '0x10' for 16 and '1e3' for 1000, and
 * round what is above 2^53: a seed that was not given would run as one that was.
 */
export function parseWholeNumber(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

/** The same with a fraction: `0.5`. */
export function parseDecimal(text: string): number | undefined {
  if (!/^\d+(\.\d+)?$/.test(text)) return undefined
  const value = Number(text)
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined
}
