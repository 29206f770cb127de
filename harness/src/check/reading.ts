import type { History } from '../history/history.ts'
import { keyName } from '../history/keyName.ts'
import type { Observation, ObservedKind } from '../history/observation.ts'
import { keyedIn, type Row } from '../history/operation.ts'

/** What a checker looks at; without a table each table by itself, without nodes every node that the history names. */
export interface Scope {
  table?: string
  nodes?: readonly string[]
}

/** The parts of the history to judge one by one. */
export function partsOf(history: History, scope: Scope): { table: string | undefined; part: History }[] {
  const known = history.tables()
  const tables = scope.table === undefined ? known : [scope.table]
  // Copying a large history to leave nothing out would cost more than judging it.
  if (known.length === 1 && known[0] === tables[0]) return [{ table: tables[0], part: history }]
  return tables.map((table) => ({ table, part: history.of(table) }))
}

export function nodesOf(history: History, scope: Scope): readonly string[] {
  return scope.nodes ?? history.nodes()
}

/** " of table orders", or nothing where no table is named. */
export function ofTable(table: string | undefined): string {
  return table === undefined ? '' : ` of table ${table}`
}

const lists: readonly ObservedKind[] = ['rows', 'blobs']

/** The final reading of each named node; a node without one is a doubt, in words. */
export function finalReadings(part: History, what: ObservedKind, nodes: readonly string[], table: string | undefined) {
  const finals = part.finals(what)
  const readings: Observation[] = []
  const doubts: string[] = []
  for (const node of nodes) {
    const reading = finals.get(node)
    if (reading === undefined) doubts.push(`no ${what}${ofTable(table)} were read on ${node}`)
    else if (lists.includes(what) && !Array.isArray(reading.value)) {
      doubts.push(`the ${what}${ofTable(table)} recorded of ${node} are not a list`)
    } else readings.push(reading)
  }
  return { readings, doubts }
}

/** The rows of a reading; what was recorded without a key is none. */
export function rowsRead(reading: Observation): readonly Row[] {
  return Array.isArray(reading.value) ? keyedIn<Row>(reading.value) : []
}

export interface ValuesOfKey {
  /** More than one where the reading lists the key more than once. */
  values: unknown[]
  /** It is listed both as text and as something else: see `keyName`. */
  mayBeTwo: boolean
}

/** Every value that the reading shows, by key. */
export function valuesOfKeys(reading: Observation): Map<string, ValuesOfKey> {
  const rows = new Map<string, ValuesOfKey>()
  const forms = new Map<string, boolean>()
  for (const item of Array.isArray(reading.value) ? (reading.value as unknown[]) : []) {
    if (item === null || typeof item !== 'object' || !('key' in item)) continue
    const key = keyName(item.key)
    if (key === undefined) continue
    const isText = typeof item.key === 'string'
    const known = rows.get(key)
    const value = 'value' in item ? item.value : undefined
    if (known === undefined) {
      rows.set(key, { values: [value], mayBeTwo: false })
      forms.set(key, isText)
    } else {
      known.values.push(value)
      if (forms.get(key) !== isText) known.mayBeTwo = true
    }
  }
  return rows
}

export function valuesByKey(reading: Observation): Map<string, unknown> {
  const rows = new Map<string, unknown>()
  for (const { key, value } of rowsRead(reading)) rows.set(key, value)
  return rows
}
