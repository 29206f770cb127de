import { keyName } from './keyName.ts'
import { isResultKnown, type Operation } from './operation.ts'
import { type Deed, type Kind, kindOf } from './operationKinds.ts'

/** What an operation did, or may have done, to one key, to all keys of a table, or to all there are. */
export interface Effect {
  readonly deed: Exclude<Deed, 'look'>
  readonly reach: 'key' | 'table' | 'everything'
  readonly table: string | undefined
  /** Undefined: the one nameless value of the table, if the reach is a key. */
  readonly key: string | undefined
  /** False where the key was given as something else than text: see `keyName`. */
  readonly keyIsText: boolean
  /** Of a write, an append, and a cas that holds: what is written. Undefined: not known. */
  readonly value?: unknown
  /** Of a write: other fields of the row stay as they are. */
  readonly isPartial?: boolean
  /** Of an add, negative where it subtracts. A text is a decimal number; undefined: not known. */
  readonly delta?: number | bigint | string | undefined
  /** Of a cas: what it compares with; null stands for nothing at all. */
  readonly expected?: unknown
  /** Of a cas: whether it held. Undefined: not known. */
  readonly held?: boolean | undefined
  /** Whether it is known what a read, an add or a cas that did not hold answered. Null stands for nothing at all. */
  readonly isAnswered?: boolean
  readonly answer?: unknown
}

/**
 * The node of what a load measures: a scenario does not tell which node it asked, and its steps are no operations on data,
 * whatever they are called.
 */
export const anyNode = '*'

/**
 * Everything that the operation did or may have done, each key once. Empty where it did nothing: it failed, it only looks,
 * it names an empty list. What cannot be made out is `unknown`, as far as it may reach, and never left out.
 */
export function effectsOf(operation: Operation): readonly Effect[] {
  const { outcome, node, table, value } = operation
  if (outcome === 'fail' || node === anyNode) return []
  const kind = kindOf(operation.kind)
  if (kind.deed === 'look') return []
  const key = keyName(operation.key)
  if (key !== undefined) {
    const place = { reach: 'key', table, key, keyIsText: typeof operation.key === 'string' } as const
    return [effectOn(place, kind, operation, value)]
  }
  const rows = rowsIn(value, kind)
  if (rows === undefined) return withoutKey(operation, kind)
  if (kind.deed === 'read' || kind.deed === 'localRead') return []
  const effects = rows.map((row) => rowEffect(row, kind, operation)).filter((effect) => effect !== undefined)
  return effects.length > 1 ? onceForEachKey(effects) : effects
}

/** Whether the operation may have touched something in the table. */
export function mayTouch(operation: Operation, table: string | undefined): boolean {
  return effectsOf(operation).some((effect) => effect.reach === 'everything' || effect.table === table)
}

type Place = Pick<Effect, 'reach' | 'table' | 'key' | 'keyIsText'>

function withoutKey(operation: Operation, kind: Kind): readonly Effect[] {
  const { table, value } = operation
  const nameless = { reach: 'key', table, key: undefined, keyIsText: true } as const
  if (kind.ofWholeTable && table !== undefined) return [{ ...nameless, reach: 'table', deed: 'delete' }]
  const chosenByValue = (kind.deed === 'delete' && value !== undefined) || (kind.isPartial && isRecord(value))
  if (kind.ofWholeTable || kind.isTransaction || chosenByValue || kind.deed === 'unknown') return [unknownIn(table)]
  if (kind.deed === 'write' && value === undefined && operation.kind.toLowerCase() === 'create') return []
  return [effectOn(nameless, kind, operation, value)]
}

function unknownIn(table: string | undefined): Effect {
  const reach = table === undefined ? 'everything' : 'table'
  return { deed: 'unknown', reach, table, key: undefined, keyIsText: true }
}

/** The rows of an operation that names no key of its own; undefined where its value is no list of rows. */
function rowsIn(value: unknown, { deed, isTransaction }: Kind): readonly unknown[] | undefined {
  const listed = isRecord(value) && Array.isArray(value.rows) ? value.rows : value
  if (!Array.isArray(listed)) return undefined
  if (listed.some((row) => isRecord(row) && keyName(row.key) !== undefined)) return listed
  // A list without rows is the value of a register, unless what was asked for was to do something to rows.
  return listed.length === 0 && (listed !== value || isTransaction || deed === 'write' || deed === 'delete')
    ? []
    : undefined
}

function rowEffect(row: unknown, kind: Kind, operation: Operation): Effect | undefined {
  const key = isRecord(row) ? keyName(row.key) : undefined
  const table = isRecord(row) && typeof row.table === 'string' ? row.table : operation.table
  if (key === undefined || !isRecord(row)) return unknownIn(table)
  const place = { reach: 'key', table, key, keyIsText: typeof row.key === 'string' } as const
  const own = typeof row.op === 'string' ? kindOf(row.op) : kind
  if (own.deed === 'look' || own.deed === 'read' || own.deed === 'localRead') return undefined
  const isTold = row.op !== undefined || row.value !== undefined || !kind.isTransaction
  if (!isTold || own.deed === 'cas' || own.ifAbsent) return { ...place, deed: 'unknown' }
  const value = own.deed === 'add' && row.value === undefined ? row : row.value
  const { result: _, ...unanswered } = operation
  return effectOn(place, own, unanswered, value)
}

function effectOn(place: Place, kind: Kind, operation: Operation, value: unknown): Effect {
  const { result } = operation
  const isAnswered = isResultKnown(operation)
  switch (kind.deed) {
    case 'read':
    case 'localRead':
      return { ...place, deed: kind.deed, isAnswered, answer: result ?? null }
    case 'write':
      if (kind.ifAbsent) return casOn(place, { expected: null, written: value }, isAnswered, result)
      // It says itself that it changed nothing, or that it does not do what its name says.
      if (result === false) return { ...place, deed: 'unknown' }
      return { ...place, deed: 'write', value, isPartial: kind.isPartial && isRecord(value) }
    case 'delete':
      return { ...place, deed: 'delete' }
    case 'append':
      return { ...place, deed: 'append', value }
    case 'add': {
      const delta = value === undefined ? 1 : amountOf(value)
      if (delta === undefined) return { ...place, deed: 'unknown' }
      const isSum = isAnswered && !kind.answersBefore && isAmount(result)
      const signed = kind.subtracts ? negative(delta) : delta
      return { ...place, deed: 'add', delta: signed, isAnswered: isSum, answer: isSum ? result : null }
    }
    case 'cas': {
      const pair = pairOf(value)
      return pair ? casOn(place, pair, isAnswered, result) : { ...place, deed: 'unknown' }
    }
    default:
      return { ...place, deed: 'unknown' }
  }
}

interface Pair {
  expected: unknown
  written: unknown
}

/** `[expected, written]` as Jepsen has it, or `{ expect, value }`. */
function pairOf(value: unknown): Pair | undefined {
  if (Array.isArray(value)) return value.length === 2 ? { expected: value[0] ?? null, written: value[1] } : undefined
  if (!isRecord(value)) return undefined
  const written = ['value', 'new', 'to'].find((name) => Object.hasOwn(value, name))
  const expected = ['expect', 'expected', 'old', 'from'].find((name) => Object.hasOwn(value, name))
  if (written === undefined || (expected === undefined && written !== 'value')) return undefined
  return { expected: expected === undefined ? null : (value[expected] ?? null), written: value[written] }
}

/** A result of false, or an answer that says so: the comparison did not hold. No result: it did. Else nobody knows. */
function casOn(place: Place, { expected, written }: Pair, isAnswered: boolean, result: unknown): Effect {
  const held = isAnswered ? heldBy(result) : undefined
  const found = held === false && isRecord(result) && Object.hasOwn(result, 'current') ? { answer: result.current } : {}
  const isFound = 'answer' in found
  // To write null is to leave nothing or to leave a null.
  return { ...place, deed: 'cas', expected, value: written, held, isAnswered: isFound, answer: found.answer ?? null }
}

function heldBy(result: unknown): boolean | undefined {
  if (result === undefined || result === null) return true
  if (typeof result === 'boolean') return result
  if (!isRecord(result)) return undefined
  for (const name of ['held', 'ok', 'success', 'succeeded', 'swapped', 'applied']) {
    if (Object.hasOwn(result, name) && typeof result[name] === 'boolean') return result[name]
  }
  return undefined
}

function amountOf(value: unknown): number | bigint | string | undefined {
  if (isAmount(value)) return value
  if (!isRecord(value)) return undefined
  const name = ['delta', 'amount', 'by'].find((each) => Object.hasOwn(value, each))
  return name !== undefined && isAmount(value[name]) ? value[name] : undefined
}

function isAmount(value: unknown): value is number | bigint | string {
  if (typeof value === 'string') return /^[+-]?\d+(\.\d+)?$/.test(value)
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))
}

function negative(amount: number | bigint | string): number | bigint | string {
  if (typeof amount !== 'string') return -amount
  return amount.startsWith('-') ? amount.slice(1) : `-${amount.replace('+', '')}`
}

/** What several changes of one operation make of a key together. */
function onceForEachKey(effects: readonly Effect[]): readonly Effect[] {
  const byKey = new Map<string, Effect>()
  for (const effect of effects) {
    const name = JSON.stringify([effect.reach, effect.table, effect.key])
    const before = byKey.get(name)
    byKey.set(name, before === undefined ? effect : together(before, effect))
  }
  return byKey.size === effects.length ? effects : [...byKey.values()]
}

function together(before: Effect, after: Effect): Effect {
  const keyIsText = before.keyIsText && after.keyIsText
  // Key 1 beside key "1": two keys or one.
  const isOneKey = before.keyIsText === after.keyIsText
  const replaces = after.deed === 'delete' || (after.deed === 'write' && !after.isPartial)
  if (isOneKey && replaces) return { ...after, keyIsText }
  const { reach, table, key } = after
  return { reach, table, key, keyIsText, deed: 'unknown' }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
