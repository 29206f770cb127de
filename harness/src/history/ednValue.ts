/**
 * What EDN becomes, as plain data that JSON can hold, so that two values are equal exactly if they were. Keywords are text with
 * their colon. Maps are objects, whose keyword keys have lost it. Lists and vectors are arrays. What JSON has nothing for
 * is an object with one field whose name begins with #: `{ '#set': [1, 2] }`, `{ '#inst': '2026-01-01' }`,
 * `{ '#symbol': 'x' }`, `{ '#ratio': '1/2' }`. A number that a double would round is text.
 */
export function tagged(tag: string, value: unknown): Record<string, unknown> {
  return { [`#${tag}`]: value }
}

/** A set in an order that is the same for every order in which it was written. */
export function setOf(members: readonly unknown[]): Record<string, unknown> {
  const byText = new Map(members.map((member) => [canonical(member), member]))
  return tagged(
    'set',
    [...byText.keys()].sort().map((text) => byText.get(text)),
  )
}

export function isTagged(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false
  const names = Object.keys(value)
  return names.length === 1 && (names[0] as string).startsWith('#')
}

/** What stands behind the tags of a value: the map of a record. */
export function untagged(value: unknown): unknown {
  let inner = value
  while (isTagged(inner)) inner = Object.values(inner)[0]
  return inner
}

/** Members of a set, list or vector; undefined of anything else. */
export function membersOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  return isTagged(value) && Array.isArray(value['#set']) ? value['#set'] : undefined
}

/** Text that is equal exactly when the value is, whatever the order of its fields. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** The name of a map's field. Keywords lose their colon unless they would look like another key: `:1` beside 1. */
export function ednName(key: unknown, namespace: string): string {
  if (typeof key !== 'string') return canonical(key)
  if (!key.startsWith(':')) return JSON.stringify(key)
  const name = key.slice(1)
  if (namespace !== '') return name.includes('/') ? name.replace(/^_\//, '') : `${namespace}/${name}`
  return /^(?:[-\d"[{#:]|true$|false$|null$)/.test(name) ? key : name
}
