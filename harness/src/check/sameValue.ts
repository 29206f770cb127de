/** Equal as JSON: an absent field is an undefined one, a date is its text. Order of fields is of no account. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  const left = plain(a)
  const right = plain(b)
  if (!isComposite(left) || !isComposite(right)) return Object.is(left, right) || left === right
  return Array.isArray(left) === Array.isArray(right) && holds(left, right) && namesNothingElse(left, right)
}

/**
 * Whether a row read back is the row that was written. Systems add fields of their own (version, updated time), so
 * each written field must be there and equal, and others may be.
 */
export function carries(read: unknown, written: unknown): boolean {
  if (!isComposite(read) || !isComposite(written) || Array.isArray(written)) return sameValue(read, written)
  return !Array.isArray(read) && holds(read, written)
}

type Composite = Record<string, unknown>

/** Each field of `wanted` is in `record` and equal. `in` over plain data; Object.entries would make a list for each row. */
function holds(record: Composite, wanted: Composite): boolean {
  for (const name in wanted) {
    const field = fieldOf(record, name)
    const asked = fieldOf(wanted, name)
    if (field !== asked && !sameValue(field, asked)) return false
  }
  return true
}

function namesNothingElse(record: Composite, known: Composite): boolean {
  for (const name in record) {
    if (fieldOf(record, name) !== undefined && fieldOf(known, name) === undefined) return false
  }
  return true
}

/** A field of its own: `constructor` and `__proto__` are fields like any other, and not inherited. */
function fieldOf(record: Composite, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function isComposite(value: unknown): value is Composite {
  return value !== null && typeof value === 'object' && !(value instanceof Date)
}

function plain(value: unknown): unknown {
  return value instanceof Date ? value.toJSON() : value
}
