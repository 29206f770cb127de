import type { Random } from '../../base/seed.ts'
import type { Observation } from '../../history/observation.ts'
import type { Operation, Row } from '../../history/operation.ts'
import type { CheckerName } from '../named.ts'

export interface Recorded {
  operations: Operation[]
  observations: Observation[]
}

export type Fault = (run: Recorded, random: Random) => boolean

interface PlainKey {
  key: string
  /** Acknowledged puts and deletes, none of which overlaps another. */
  changes: Operation[]
}

const plainKinds = ['put', 'set', 'upsert', 'putBlob', 'get', 'read', 'localRead', 'delete']
const readKinds = ['get', 'read', 'localRead']

/** Keys of a table of which everybody knows what became: one thing was done after the other, and all was acknowledged. */
function plainKeys(operations: readonly Operation[], table: string): PlainKey[] {
  const happened = operations.filter(({ outcome }) => outcome !== 'fail')
  const wholesale = happened.filter((each) => each.key === undefined)
  const touched = new Set(wholesale.flatMap(({ value }) => rowsIn(value).map(({ key }) => key)))
  const all = wholesale.some(
    (each) => rowsIn(each.value).length === 0 && (each.table === table || each.table === undefined),
  )
  if (all) return []
  const byKey = Map.groupBy(
    happened.filter((each) => each.table === table && each.key !== undefined),
    ({ key }) => key as string,
  )
  return [...byKey].flatMap(([key, own]) => {
    if (touched.has(key) || own.some(({ kind, outcome }) => !plainKinds.includes(kind) || outcome !== 'ok')) return []
    const changes = own.filter(({ kind }) => !readKinds.includes(kind)).sort((a, b) => a.startedAtMs - b.startedAtMs)
    const apart = changes.every((each, at) => at === 0 || (changes[at - 1] as Operation).endedAtMs < each.startedAtMs)
    return apart && changes.length > 0 && own.every((each) => each.endedAtMs >= each.startedAtMs)
      ? [{ key, changes }]
      : []
  })
}

function rowsIn(value: unknown): Row[] {
  return value !== null && typeof value === 'object' && 'rows' in value ? (value.rows as Row[]) : []
}

/** The final reading of some node that began after all that was done to the key. */
function finalOf({ observations }: Recorded, random: Random, what: string, table: string): Observation | undefined {
  const finals = new Map<string, Observation>()
  for (const each of observations) {
    if (each.what !== what || each.table !== table) continue
    if (each.atMs >= (finals.get(each.node)?.atMs ?? Number.NEGATIVE_INFINITY)) finals.set(each.node, each)
  }
  return finals.size === 0 ? undefined : random.pick([...finals.values()])
}

function lastOf({ changes }: PlainKey): Operation {
  return changes.at(-1) as Operation
}

function plantInRows(
  what: string,
  table: string,
  plant: (rows: Row[], key: PlainKey, random: Random) => boolean,
): Fault {
  return (run, random) => {
    const reading = finalOf(run, random, what, table)
    if (reading === undefined) return false
    const rows = reading.value as Row[]
    const known = random
      .shuffle(plainKeys(run.operations, table))
      .filter((each) => lastOf(each).endedAtMs < reading.atMs)
    return known.some((each) => plant(rows, each, random))
  }
}

const at = (rows: readonly Row[], { key }: PlainKey) => rows.findIndex((row) => String(row.key) === key)
const isPut = (operation: Operation) => operation.kind !== 'delete'

const lose = (rows: Row[], key: PlainKey) => {
  if (!isPut(lastOf(key)) || at(rows, key) < 0) return false
  rows.splice(at(rows, key), 1)
  return true
}

const keepOld = (rows: Row[], key: PlainKey) => {
  const last = lastOf(key)
  const old = key.changes.find((each) => isPut(each) && JSON.stringify(each.value) !== JSON.stringify(last.value))
  if (!isPut(last) || old === undefined || at(rows, key) < 0) return false
  rows[at(rows, key)] = { key: key.key, value: old.value }
  // Written again later it may be right.
  return !key.changes
    .slice(key.changes.indexOf(old) + 1)
    .some((each) => JSON.stringify(each.value) === JSON.stringify(old.value))
}

const resurrect = (rows: Row[], key: PlainKey) => {
  if (isPut(lastOf(key)) || at(rows, key) >= 0) return false
  rows.push({ key: key.key, value: key.changes.find(isPut)?.value ?? 1 })
  return true
}

const double = (rows: Row[], random: Random) => {
  if (rows.length === 0) return false
  rows.push(structuredClone(random.pick(rows)))
  return true
}

const changeBlob = (rows: Row[], key: PlainKey, random: Random) => {
  const blob = rows[at(rows, key)] as { sha256?: string } | undefined
  if (blob?.sha256 === undefined || !isPut(lastOf(key))) return false
  const digit = random.integer(0, 63)
  const other = blob.sha256[digit] === '0' ? '1' : '0'
  blob.sha256 = blob.sha256.slice(0, digit) + other + blob.sha256.slice(digit + 1)
  return true
}

/** A read after the last change, which answers what was there before. */
const readOld: Fault = (run, random) => {
  for (const key of random.shuffle(plainKeys(run.operations, 'rows'))) {
    const last = lastOf(key)
    const older = key.changes
      .filter(isPut)
      .find((each) => each !== last && JSON.stringify(each.value) !== JSON.stringify(last.value))
    const read = run.operations.find(
      (each) =>
        each.key === key.key &&
        each.table === 'rows' &&
        (each.kind === 'get' || each.kind === 'read') &&
        each.outcome === 'ok' &&
        each.startedAtMs > last.endedAtMs,
    )
    if (
      older === undefined ||
      read === undefined ||
      key.changes.filter((each) => JSON.stringify(each.value) === JSON.stringify(older.value)).length > 1
    )
      continue
    read.result = structuredClone(older.value)
    return true
  }
  return false
}

const countOff: Fault = (run, random) => {
  const reading = finalOf(run, random, 'counter', 'counters')
  const happened = run.operations.filter(({ outcome }) => outcome !== 'fail')
  if (
    reading === undefined ||
    happened.some(({ kind, table }) => kind === 'wipe' || (table === 'counters' && kind === 'scramble'))
  )
    return false
  const named = reading.value as Record<string, unknown>
  const names = Object.keys(named).filter((name) =>
    happened.every(
      (each) =>
        each.key !== name ||
        each.table !== 'counters' ||
        (each.outcome === 'ok' &&
          each.endedAtMs < reading.atMs &&
          each.endedAtMs >= each.startedAtMs &&
          /add|crement|get/i.test(each.kind)),
    ),
  )
  if (names.length === 0) return false
  const name = random.pick(names)
  const value = named[name]
  const off = typeof value === 'string' ? String(BigInt(value) + 1n) : Number(((value as number) + 1).toFixed(2))
  Object.defineProperty(named, name, { value: off, enumerable: true, configurable: true, writable: true })
  return true
}

const tear: Fault = (run, random) => {
  const reading = finalOf(run, random, 'rows', 'txns')
  const all = run.operations.filter(({ table, outcome }) => table === 'txns' && outcome !== 'fail')
  if (reading === undefined || run.operations.some(({ kind }) => kind === 'wipe')) return false
  if (all.some(({ kind }) => kind !== 'transaction')) return false
  const own = all.filter((each) =>
    rowsIn(each.value).every(({ key }) =>
      all.every((other) => other === each || !rowsIn(other.value).some((row) => row.key === key)),
    ),
  )
  const rows = reading.value as Row[]
  for (const { value } of random.shuffle(own)) {
    const key = rowsIn(value)[0]?.key
    const found = rows.findIndex((row) => String(row.key) === key)
    if (found < 0) continue
    rows.splice(found, 1)
    return true
  }
  return false
}

/** A client that does not read its own last write. */
const ownUnread: Fault = (run, random) => {
  for (const key of random.shuffle(plainKeys(run.operations, 'rows'))) {
    const last = lastOf(key)
    const older = key.changes
      .filter(isPut)
      .find((each) => each !== last && JSON.stringify(each.value) !== JSON.stringify(last.value))
    const read = run.operations.find(
      (each) =>
        each.key === key.key &&
        each.table === 'rows' &&
        (each.kind === 'get' || each.kind === 'read') &&
        each.outcome === 'ok' &&
        each.startedAtMs > last.endedAtMs,
    )
    if (
      older === undefined ||
      read === undefined ||
      key.changes.filter((each) => JSON.stringify(each.value) === JSON.stringify(older.value)).length > 1
    )
      continue
    read.result = structuredClone(older.value)
    read.client = last.client
    return true
  }
  return false
}

const nodesIn = ({ observations }: Recorded) => new Set(observations.map(({ node }) => node)).size

/** Whether nothing that touches the table is undecided. */
function quietFrom({ operations, observations }: Recorded, table: string): boolean {
  const readMs = Math.min(
    ...[...Map.groupBy(observations, ({ node }) => node).values()].map((own) =>
      Math.max(...own.map(({ atMs }) => atMs)),
    ),
  )
  return operations.every(
    (each) =>
      each.outcome === 'fail' ||
      (each.table !== table && each.table !== undefined) ||
      (each.outcome === 'ok' && each.endedAtMs < readMs && each.endedAtMs >= each.startedAtMs),
  )
}

/** One planted violation for each way in which a checker must refute; false where the run offers no place for it. */
export const faults: readonly { checker: CheckerName; what: string; options: object; plant: Fault }[] = [
  { checker: 'losesNothing', what: 'a row lost', options: { table: 'rows' }, plant: plantInRows('rows', 'rows', lose) },
  {
    checker: 'losesNothing',
    what: 'an older value',
    options: { table: 'rows' },
    plant: plantInRows('rows', 'rows', keepOld),
  },
  {
    checker: 'neverResurrects',
    what: 'a deleted row',
    options: { table: 'rows' },
    plant: plantInRows('rows', 'rows', resurrect),
  },
  {
    checker: 'exactlyOnce',
    what: 'a row twice',
    options: { table: 'rows' },
    plant: (run, random) => double((finalOf(run, random, 'rows', 'rows')?.value ?? []) as Row[], random),
  },
  {
    checker: 'exactlyOnce',
    what: 'a count off',
    options: { table: 'rows' },
    plant: (run, random) => {
      const reading = finalOf(run, random, 'count', 'rows')
      if (reading === undefined) return false
      reading.value = (reading.value as number) + 40
      return true
    },
  },
  { checker: 'countsExactly', what: 'a counter off by one', options: { table: 'counters' }, plant: countOff },
  { checker: 'noTornTransaction', what: 'a row of a transaction missing', options: { table: 'txns' }, plant: tear },
  {
    checker: 'equalBlobs',
    what: 'a byte of a blob',
    options: { table: 'blobs' },
    plant: plantInRows('blobs', 'blobs', changeBlob as never),
  },
  {
    checker: 'exactlyOnce',
    what: 'an element once more',
    options: { table: 'log' },
    plant: (run, random) => {
      const reading = finalOf(run, random, 'elements', 'log')
      const element = (reading?.value as unknown[] | undefined)?.[0]
      if (
        reading === undefined ||
        element === undefined ||
        run.operations.some(
          ({ kind, table }) => kind === 'wipe' || (table === 'log' && kind !== 'append' && kind !== 'produce'),
        )
      )
        return false
      ;(reading.value as unknown[]).push(...new Array<unknown>(40).fill(element))
      return true
    },
  },
  {
    checker: 'converges',
    what: 'a row that one node lacks',
    options: { table: 'rows' },
    plant: (run, random) => nodesIn(run) > 1 && plantInRows('rows', 'rows', lose)(run, random),
  },
  {
    checker: 'converges',
    what: 'a digest of one node',
    options: { table: 'rows' },
    plant: (run, random) => {
      const reading = finalOf(run, random, 'digest', 'rows')
      if (reading === undefined || nodesIn(run) < 2 || !quietFrom(run, 'rows')) return false
      reading.value = 'another'
      return true
    },
  },
  { checker: 'staysOrdered', what: 'a write of its own unread', options: { table: 'rows' }, plant: ownUnread },
  {
    checker: 'linearizable',
    what: 'a read of an older value',
    options: { model: 'kv', table: 'rows' },
    plant: readOld,
  },
  { checker: 'staleness', what: 'a read of an older value', options: { table: 'rows', withinMs: 0 }, plant: readOld },
]
