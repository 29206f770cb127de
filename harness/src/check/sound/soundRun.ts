import { createHash } from 'node:crypto'
import type { Random } from '../../base/seed.ts'
import type { Observation } from '../../history/observation.ts'
import type { Operation, Row } from '../../history/operation.ts'
import type { Recorded } from './plantedFault.ts'
import { Store } from './store.ts'
import { isRecord } from './values.ts'

/** Which habits a run has. */
export interface Habits {
  operations: number
  clients: number
  nodes: number
  /** Answers that are lost, 0 to 1. */
  lost: number
  /** Whether kinds that no checker knows come in. */
  strange: boolean
  /** Whether replicas lag until the final readings, and answer local reads late. */
  lags: boolean
  /** Whether some readings begin before the last operations. */
  early: boolean
  /** Whether a clock goes back within operations. */
  clockBack: boolean
  /** Whether rows are shown as systems do: with fields of their own, and keys of digits as numbers. */
  dressed: boolean
  /** Only plain puts, reads and deletes on rows. */
  plain: boolean
}

interface Planned {
  operation: Operation
  effectAtMs: number
}

const rowKinds = [
  ...['put', 'put', 'set', 'upsert', 'get', 'get', 'read', 'localRead', 'update', 'putIfAbsent', 'cas', 'cas'],
  ...['append', 'add', 'increment', 'decrement', 'addAndGet', 'getAndAdd', 'delete', 'delete', 'transaction', 'clear'],
]
const plainKinds = ['put', 'put', 'put', 'get', 'get', 'delete']
const strangeKinds = ['reset', 'expire', 'scramble', 'compactKey']
const keys = ['a', 'b', '__proto__', 'constructor', '1']
const tables = ['rows', 'rows', 'rows', 'counters', 'log', 'blobs', 'txns']

/**
 * For tests: what is recorded of a correct system. Operations overlap, and each takes effect at one moment between its
 * invocation and its end, or later if its answer was lost; replicas lag behind, and hold the same in the end.
 */
export function soundRun(random: Random, habits: Habits): Recorded {
  const planned = planOf(random, habits)
  const nodes = Array.from({ length: habits.nodes }, (_, at) => `n${at + 1}`)
  const leader = new Store()
  const stores = new Map(nodes.map((node) => [node, habits.lags ? new Store() : leader]))
  const horizonMs = Math.max(...planned.map(({ operation }) => operation.startedAtMs), 0) + 80
  const readAtMs = habits.early ? Math.floor(horizonMs / 3) : horizonMs + 2 * longestLagMs
  const steps: Step[] = []
  const appliedMs = new Map<string, number>()
  const inOrder = planned.map((each) => ({ ...each, order: random.fraction() }))
  inOrder.sort((a, b) => a.effectAtMs - b.effectAtMs || a.order - b.order)
  for (const { operation, effectAtMs, order } of inOrder) {
    if (effectAtMs === Number.POSITIVE_INFINITY) continue
    const isLate = habits.lags && isRead(operation)
    const store = isLate ? (stores.get(operation.node) as Store) : leader
    steps.push({ atMs: effectAtMs, order, run: () => take(operation, store.apply(operation)) })
    for (const node of habits.lags && !isRead(operation) ? nodes : []) {
      // A replica applies one after the other, however late.
      const lagMs = node === 'n1' ? 0 : random.integer(0, longestLagMs)
      const atMs = Math.max(appliedMs.get(node) ?? 0, effectAtMs + lagMs)
      appliedMs.set(node, atMs)
      steps.push({ atMs, order: 1 + steps.length, run: () => stores.get(node)?.apply(operation) })
    }
  }
  const observations: Observation[] = []
  const all = random.chance(0.5)
  for (const node of nodes) {
    for (const atMs of random.chance(0.5) ? [readAtMs] : [random.integer(0, readAtMs), readAtMs]) {
      const begunMs = atMs + random.integer(0, 3)
      const lookMs = begunMs + random.integer(0, 4)
      const times = { atMs: begunMs, endedAtMs: lookMs + random.integer(0, 4) }
      const look = () => observations.push(...readings(stores.get(node) as Store, node, times, habits, all))
      steps.push({ atMs: lookMs, order: random.fraction(), run: look })
    }
  }
  steps.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
  for (const { run } of steps) run()
  return { operations: planned.map(({ operation }) => operation), observations }
}

interface Step {
  atMs: number
  order: number
  run: () => void
}

/** How far a replica is behind at most, ms. */
export const longestLagMs = 15

const isRead = ({ kind }: Operation) => kind === 'get' || kind === 'read' || kind === 'localRead'

function readings(
  store: Store,
  node: string,
  times: { atMs: number; endedAtMs: number },
  habits: Habits,
  all: boolean,
): Observation[] {
  const seen: Observation[] = []
  const see = (what: string, table: string, value: unknown) =>
    seen.push({ ...times, node, what, table, value: structuredClone(value) })
  const rows = store.rows('rows')
  const shown = habits.dressed ? rows.map(dressed) : rows
  see('rows', 'rows', shown)
  see('digest', 'rows', digestOf(rows))
  see('count', 'rows', rows.length)
  const counters = [...store.table('counters')]
  if (all) see('counter', 'counters', Object.fromEntries(counters))
  else for (const [name, value] of counters) see('counter', 'counters', named(name, value))
  see('elements', 'log', store.list('log'))
  see('rows', 'txns', store.rows('txns'))
  see(
    'blobs',
    'blobs',
    store.rows('blobs').map(({ key, value }) => ({ key, ...(value as object) })),
  )
  return seen
}

/** As systems show rows: with fields of their own, and keys of digits as numbers. */
function dressed({ key, value }: Row): Row {
  const shown = isRecord(value) ? { ...value, _version: 3 } : value
  return { key: (/^\d+$/.test(key) ? Number(key) : key) as string, value: shown }
}

function named(name: string, value: unknown): object {
  return Object.defineProperty({}, name, { value, enumerable: true })
}

/** What was answered to whom it may concern. */
function take(operation: Operation, answer: ReturnType<Store['apply']>): void {
  if (operation.outcome === 'info') return
  if ('refused' in answer) operation.outcome = 'fail'
  else if (answer.result !== undefined) operation.result = structuredClone(answer.result)
}

function planOf(random: Random, habits: Habits): Planned[] {
  const freeAtMs = new Array<number>(habits.clients).fill(0)
  const counts = new Map<string, number>()
  const planned = Array.from({ length: habits.operations }, (_, at): Planned => {
    const client = random.integer(0, habits.clients - 1)
    const startedAtMs = (freeAtMs[client] ?? 0) + random.integer(0, 4)
    const endedAtMs = startedAtMs + random.integer(0, 6)
    freeAtMs[client] = endedAtMs + random.integer(0, 1)
    const asked = askedAt(random, habits, at, counts)
    const lost = random.chance(habits.lost)
    const outcome = lost ? 'info' : random.chance(0.05) ? 'fail' : 'ok'
    const pends = lost && random.chance(0.3)
    const effectAtMs =
      outcome === 'fail' || (lost && random.chance(0.4))
        ? Number.POSITIVE_INFINITY
        : random.integer(startedAtMs, lost ? endedAtMs + 60 : endedAtMs)
    const times = { startedAtMs, endedAtMs: pends ? Number.POSITIVE_INFINITY : endedAtMs }
    const back = habits.clockBack && outcome === 'ok' && random.chance(0.1)
    return {
      operation: {
        id: at + 1,
        client: `c${client}`,
        node: `n${random.integer(1, habits.nodes)}`,
        ...asked,
        ...(back ? { startedAtMs, endedAtMs: startedAtMs - 50 } : times),
        outcome,
      },
      effectAtMs,
    }
  })
  planned.sort((a, b) => a.operation.startedAtMs - b.operation.startedAtMs)
  for (const [at, { operation }] of planned.entries()) operation.id = at + 1
  return planned
}

type Asked = Pick<Operation, 'kind' | 'table' | 'key' | 'value'>

function askedAt(random: Random, habits: Habits, at: number, counts: Map<string, number>): Asked {
  const table = random.pick(tables)
  const key = random.pick(keys)
  if (habits.strange && random.chance(0.1)) {
    return random.chance(0.2) ? { kind: 'wipe' } : { kind: random.pick(strangeKinds), table, key }
  }
  if (table === 'counters') {
    const kind = random.pick(['add', 'add', 'increment', 'decrement', 'addAndGet', 'getAndAdd', 'get'])
    const amount = random.pick(habits.plain ? [1, 2, 0.1, 0.25, -3] : [1, 2, -3, '9007199254740993'])
    return { kind, table, key, ...(kind === 'get' || random.chance(0.2) ? {} : { value: amount }) }
  }
  if (table === 'log')
    return { kind: random.pick(['append', 'produce']), table, value: random.pick([at, `e${at}`, 'twice']) }
  if (table === 'blobs') {
    if (random.chance(0.15)) return { kind: 'delete', table, key }
    return { kind: random.pick(['put', 'putBlob']), table, key, value: blobOf(random, at) }
  }
  if (table === 'txns') {
    const transaction = random.pick([`t${at}`, at])
    const own = random.shuffle(keys).slice(0, random.integer(2, 3))
    // Most have keys of their own, so that nothing else takes their rows.
    const named = random.chance(0.7) ? own.map((each) => `${each}${at}`) : own
    return {
      kind: 'transaction',
      table,
      value: { rows: named.map((each) => ({ key: each, value: { transaction, size: named.length } })) },
    }
  }
  return rowAsked(random, habits, key, at, counts)
}

function rowAsked(random: Random, habits: Habits, key: string, at: number, counts: Map<string, number>): Asked {
  const table = 'rows'
  const kind = random.pick(habits.plain ? plainKinds : rowKinds)
  counts.set(key, (counts.get(key) ?? 0) + 1)
  const value = habits.plain ? at : valueDrawn(random, at)
  switch (kind) {
    case 'get':
    case 'read':
    case 'localRead':
    case 'delete':
      return { kind, table, key }
    case 'update':
      return { kind, table, key, value: { [random.pick(['x', 'y', 'constructor'])]: at } }
    case 'cas':
      return { kind, table, key, value: [random.pick([null, 0, 1, 'x']), random.pick([0, 1, 'x'])] }
    case 'append':
      return { kind, table, key, value: random.pick(['x', 'y', `z${at}`]) }
    case 'add':
    case 'increment':
    case 'decrement':
    case 'addAndGet':
    case 'getAndAdd':
      return { kind, table, key, ...(random.chance(0.3) ? {} : { value: random.pick([1, 2, -1]) }) }
    case 'clear':
      return random.chance(0.2) ? { kind, table } : { kind: 'put', table, key, value }
    case 'transaction': {
      const rows = random
        .shuffle(keys)
        .slice(0, random.integer(0, 3))
        .map((each) =>
          random.chance(0.3) ? { key: each, op: 'delete' as const } : { key: each, value: valueDrawn(random, at) },
        )
      return { kind, table, value: { rows } }
    }
    default:
      return { kind, table, key, value }
  }
}

function valueDrawn(random: Random, at: number): unknown {
  return random.pick([0, 1, at, 'x', `v${at}`, '', true, [at], { x: at, y: { constructor: at } }, '9007199254740993'])
}

function blobOf(random: Random, at: number): { sha256: string; bytes: number } {
  return {
    sha256: createHash('sha256')
      .update(String(random.chance(0.2) ? 0 : at))
      .digest('hex'),
    bytes: 100 + at,
  }
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
}
