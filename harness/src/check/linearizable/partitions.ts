import { type Effect, effectsOf } from '../../history/effects.ts'
import type { Operation } from '../../history/operation.ts'
import { kindOf } from '../../history/operationKinds.ts'
import { type Call, callOf } from './call.ts'
import { type Content, isComposite } from './content.ts'
import { digitsBehindPoint } from './decimal.ts'
import { type ModelName, models } from './models.ts'
import { answersAsWritten, countedExactly } from './normal.ts'
import type { Beginning } from './search.ts'
import { besideStrangers, type Stranger, strangerOf } from './strangers.ts'

export interface Partition {
  table: string | undefined
  key: string | undefined
  calls: Call[]
  beginning: Beginning
}

export interface Partitions {
  partitions: Partition[]
  /** Sentences about what cannot be judged. */
  doubts: string[]
}

interface Scope {
  table?: string
  keys?: readonly string[]
}

interface Key {
  table: string | undefined
  key: string | undefined
  calls: Call[]
  strangers: Stranger[]
  /** Whether the key was given as text, and as something else: see `keyName`. */
  forms: Set<boolean>
}

interface Table {
  keys: Map<string | undefined, Key>
  /** What reaches every key of the table: deletes of all, and what nobody knows. */
  deletes: Operation[]
  strangers: Stranger[]
}

/**
 * The operations that happened or may have, by table and key. Keys do not touch each other, so a history is linearizable
 * exactly if what happened to each key is. What the model does not know makes what it may have touched unknown.
 */
export function partitionsOf(
  operations: readonly Operation[],
  model: ModelName,
  scope: Scope,
  start: Content,
): Partitions {
  const known: readonly string[] = models[model]
  const wanted = scope.keys && new Set(scope.keys)
  const tables = new Map<string | undefined, Table>()
  const everywhere: Stranger[] = []
  const doubts: string[] = []
  let transactions = 0
  const tableOf = (name: string | undefined) => {
    const table: Table = tables.get(name) ?? { keys: new Map(), deletes: [], strangers: [] }
    tables.set(name, table)
    return table
  }

  for (const operation of operations) {
    const effects = effectsOf(operation)
    let isJudged = false
    for (const effect of effects) {
      if (effect.reach === 'everything') everywhere.push(strangerOf(operation))
      else if (scope.table !== undefined && effect.table !== scope.table) continue
      else if (effect.reach === 'table') {
        const table = tableOf(effect.table)
        if (effect.deed === 'delete' && known.includes('delete')) table.deletes.push(operation)
        else table.strangers.push(strangerOf(operation))
      } else if (effect.deed !== 'localRead' && isWanted(effect, wanted)) {
        addTo(tableOf(effect.table), effect, operation, known)
        isJudged = true
      }
    }
    if (isJudged && kindOf(operation.kind).isTransaction) transactions++
  }

  const partitions: Partition[] = []
  const unjudged: { key: Key; why: string }[] = []
  for (const table of tables.values()) {
    const namesKeys = table.keys.size > 1 || !table.keys.has(undefined)
    const reaching = [...everywhere, ...table.strangers]
    // Beside keys, what names none may mean all of them; what it reads is no one's value.
    const nameless = namesKeys ? table.keys.get(undefined) : undefined
    if (nameless !== undefined) {
      table.keys.delete(undefined)
      const changing = nameless.calls.filter(({ act }) => act !== 'read').map(({ operation }) => strangerOf(operation))
      reaching.push(...changing, ...nameless.strangers)
      unjudged.push({ key: nameless, why: 'names no key beside operations that do' })
    }
    for (const key of table.keys.values()) {
      for (const operation of table.deletes) {
        const call = callOf({ ...wholeTable, table: key.table }, operation)
        if (call !== undefined) key.calls.push(call)
      }
      const strangers = [...key.strangers, ...reaching]
      const why = unmodelled(key, strangers)
      if (why !== undefined) unjudged.push({ key, why })
      else partitions.push(partitionOf(key, strangers, start))
      if (why === undefined && strangers.length > 0) unjudged.push({ key, why: strangeness(strangers, model) })
    }
  }
  if (tables.size === 0 && everywhere.length > 0) doubts.push(strangeness(everywhere, model))
  if (transactions > 0) doubts.push(`${transactions} transactions were judged key by key, not as wholes`)
  for (const [why, keys] of Map.groupBy(unjudged, (each) => each.why)) {
    const [{ key } = { key: undefined }] = keys
    doubts.push(keys.length === 1 ? `${nameOf(key)}: ${why}` : `${keys.length} keys (${nameOf(key)} first): ${why}`)
  }
  return { partitions, doubts }
}

const wholeTable = { deed: 'delete', reach: 'key', key: undefined, keyIsText: true } as const

function isWanted({ key }: Effect, wanted: ReadonlySet<string> | undefined): boolean {
  return wanted === undefined || key === undefined || wanted.has(key)
}

function addTo({ keys }: Table, effect: Effect, operation: Operation, known: readonly string[]): void {
  let key = keys.get(effect.key)
  if (key === undefined) {
    key = { table: effect.table, key: effect.key, calls: [], strangers: [], forms: new Set() }
    keys.set(effect.key, key)
  }
  key.forms.add(effect.keyIsText)
  const call = callOf(effect, operation)
  if (call !== undefined && (known.includes(call.act) || call.act === 'anything')) key.calls.push(call)
  else key.strangers.push(strangerOf(operation))
}

/** Why the calls of a key are not those of any model, if they are not. */
function unmodelled({ key, calls, forms }: Key, strangers: readonly Stranger[]): string | undefined {
  if (forms.size > 1) return 'one name for a number and a text, which may be two keys'
  const isListed = calls.some(({ act, answered }) => act === 'read' && answered !== undefined && isComposite(answered))
  if (!isListed) return undefined
  if (calls.some(({ act }) => act === 'add')) return 'adds answered by lists are those of a set, which no model knows'
  const isWritten = calls.some(({ written }) => written !== undefined && isComposite(written))
  if (key === undefined && strangers.length > 0 && !isWritten) {
    return 'reads of what nobody wrote whole, as of a set, a bank or a queue, which no model knows'
  }
  return undefined
}

function partitionOf({ table, key, calls }: Key, strangers: readonly Stranger[], start: Content): Partition {
  const counts = calls.some(({ act }) => act === 'add')
  const plain = counts ? countedExactly(calls, digitsBehindPoint(start.slice(1))) : calls
  return {
    table,
    key,
    calls: besideStrangers(answersAsWritten(plain), strangers),
    beginning: { start, emptyIsNothing: true },
  }
}

function strangeness(strangers: readonly Stranger[], model: ModelName): string {
  const kinds = [...new Set(strangers.map(({ operation }) => operation.kind || 'an unnamed kind'))]
  const named = kinds.slice(0, 3).join(', ') + (kinds.length > 3 ? ` and ${kinds.length - 3} more` : '')
  return `the model ${model} does not know ${named} as recorded (${strangers.length} times), so what it left is not judged`
}

export function nameOf(key: { table: string | undefined; key: string | undefined } | undefined): string {
  if (key?.key === undefined) return key?.table === undefined ? 'the register' : key.table
  return key.table === undefined ? `key ${key.key}` : `${key.table}/${key.key}`
}
