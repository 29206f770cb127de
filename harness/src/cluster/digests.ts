/** One node's digests by part of its data; a node that has no parts has one, under the empty name. */
export type Digests = Readonly<Record<string, string>>

/** What all nodes that hold a part say of it, as text; undefined while two of them differ. */
export function agreedOn(nodes: readonly Digests[]): string | undefined {
  const agreed = new Map<string, string>()
  for (const parts of nodes) {
    for (const [part, digest] of Object.entries(parts)) {
      if ((agreed.get(part) ?? digest) !== digest) return undefined
      agreed.set(part, digest)
    }
  }
  return JSON.stringify([...agreed].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Whole, for comparing; a node without parts has just its digest. */
export function textOf(parts: Digests): string {
  return Object.entries(parts)
    .map(([part, digest]) => `${part}${part && ' '}${digest}`)
    .join(', ')
}

export function shown(parts: Digests): string {
  return Object.entries(parts)
    .map(([part, digest]) => `${part}${part && ' '}${digest.slice(0, 12)}`)
    .join(' ')
}
