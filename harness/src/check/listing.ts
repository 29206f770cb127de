import { keyName } from '../history/keyName.ts'
import type { Observation } from '../history/observation.ts'
import { sameValue } from './sameValue.ts'
import { counted, firstOf } from './verdict.ts'

/** What one node lists under one key: mostly one value; two when a row is doubled; undefined where a row has none. */
interface Listed {
  shown: string
  /** As they were listed: key 1 and key "1" go by one name, and may be two. */
  keys: unknown[]
  values: unknown[]
}

/** What a node lists, by the name of the key; what has no key goes by its own content. */
export interface Listing {
  node: string
  byName: Map<string, Listed>
}

export function listingOf(reading: Observation): Listing {
  const byName = new Map<string, Listed>()
  for (const row of Array.isArray(reading.value) ? (reading.value as unknown[]) : []) {
    const { key, value } = row !== null && typeof row === 'object' ? (row as { key?: unknown; value?: unknown }) : {}
    const own = keyName(key)
    const shown = own ?? JSON.stringify(row) ?? 'undefined'
    const name = own ?? `\u0000${shown}`
    const listed = byName.get(name)
    if (listed) {
      listed.keys.push(key)
      listed.values.push(value)
    } else byName.set(name, { shown, keys: [key], values: [value] })
  }
  return { node: reading.node, byName }
}

/** One key on which two nodes differ. */
export interface Difference {
  name: string
  shown: string
  fault: 'missing' | 'doubled' | 'unequal' | 'otherType'
  /** The first that lists the key, and the one that differs from it. */
  first: string
  node: string
}

/** The keys on which a node differs from the first that lists them. */
export function differencesOf(listings: readonly Listing[]): Difference[] {
  const all = new Map<string, { node: string; listed: Listed }>()
  for (const { node, byName } of listings) {
    for (const [name, listed] of byName) {
      const first = all.get(name)
      const valued = first?.listed.values.some((value) => value !== undefined)
      if (first === undefined || !valued) all.set(name, { node, listed })
    }
  }
  const differences: Difference[] = []
  for (const { node, byName } of listings) {
    for (const [name, first] of all) {
      const fault = faultOf(first.listed, byName.get(name))
      if (fault) differences.push({ name, shown: first.listed.shown, fault, first: first.node, node })
    }
  }
  return differences
}

function faultOf(first: Listed, own: Listed | undefined): Difference['fault'] | undefined {
  if (own === undefined) return 'missing'
  if (own === first) return undefined
  if (own.values.length !== first.values.length) return 'doubled'
  const rest = [...first.values]
  for (const value of own.values) {
    const at = rest.findIndex((each) => value === undefined || each === undefined || sameValue(each, value))
    if (at < 0) return 'unequal'
    rest.splice(at, 1)
  }
  const types = ({ keys }: Listed) =>
    keys
      .map((key) => typeof key)
      .sort()
      .join()
  return types(own) === types(first) ? undefined : 'otherType'
}

/** "n3 lacks 2 keys that others hold (r1, r2)", "1 key with unequal values (r3 on n1 and n2)". */
export function inWords(differences: readonly Difference[]): string[] {
  const told: string[] = []
  const missing = Map.groupBy(
    differences.filter(({ fault }) => fault === 'missing'),
    ({ node }) => node,
  )
  for (const [node, lacking] of missing) {
    const names = firstOf(lacking.map(({ shown }) => shown))
    told.push(`${node} lacks ${counted(lacking.length, 'key')} that others hold (${names})`)
  }
  for (const [fault, words] of [
    ['unequal', 'with unequal values'],
    ['doubled', 'not listed equally often'],
    ['otherType', 'as a text and as another type'],
  ] as const) {
    const keys = new Map<string, string>()
    for (const { name, shown, first, node, fault: found } of differences) {
      if (found === fault) keys.set(name, `${shown} on ${first} and ${node}`)
    }
    if (keys.size > 0) told.push(`${counted(keys.size, 'key')} ${words} (${firstOf([...keys.values()])})`)
  }
  return told
}
