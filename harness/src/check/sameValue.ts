/** Equal as JSON: an absent field is an undefined one, a date is its text. Order of fields is of no account. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  const left = plain(a)
  const right = plain(b)
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object') {
    return left === right
  }
  if (Array.isArray(left) !== Array.isArray(right)) return false
  return holds(right, left) && holds(left, right)
}

/**
 * Whether a row read back is the row that was written. Systems add fields of their own (version, updated time), so
 * each written field must be there and equal, and others may be.
 */
export function carries(read: unknown, written: unknown): boolean {
  if (read === written) return true
  const record = plain(read)
  const wanted = plain(written)
  if (!isRecord(record) || !isRecord(wanted)) return sameValue(record, wanted)
  return holds(record, wanted)
}

/** Each field of `wanted` is in `record` and equal. */
function holds(record: object, wanted: object): boolean {
  const fields = record as Record<string, unknown>
  for (const [name, value] of Object.entries(wanted)) {
    if (!sameValue(fields[name], value)) return false
  }
  return true
}

function isRecord(value: unknown): value is object {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function plain(value: unknown): unknown {
  return value instanceof Date ? value.toJSON() : value
}
