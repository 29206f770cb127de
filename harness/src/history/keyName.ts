/**
 * The name by which a key is known, in operations, changes and readings alike; undefined where there is none. Text is its
 * own name, any other key is its JSON. So key 1 and key "1" have one name: most systems return one for the other. Where
 * one side (all operations on a table, or one reading) uses both, they may be two keys: nothing is known of either.
 */
export function keyName(key: unknown): string | undefined {
  if (typeof key === 'string') return key
  if (key === undefined || key === null) return undefined
  if (typeof key === 'object') return JSON.stringify(key, withBigints)
  return String(key)
}

function withBigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
