import { membersOf } from './ednValue.ts'
import { isRead } from './independentKeys.ts'
import type { Operation } from './operation.ts'

/** What a history of another tool is about. `register`: one value, or one for each key; all else that is not named here too. */
export interface Form {
  name: 'register' | 'counter' | 'other'
  /** Of `other`: what it is, in words, such as "a bank (:transfer)". */
  told?: string
}

/** Workloads that no model knows, by what they do and no other does. */
const byKind: readonly (readonly [told: string, kinds: readonly string[]])[] = [
  ['a bank', ['transfer']],
  ['a lock', ['acquire', 'release', 'lock', 'unlock', 'try-lock', 'acquire-read', 'acquire-write']],
  ['a queue', ['enqueue', 'dequeue', 'drain', 'push', 'pop', 'offer', 'take']],
  ['a log of messages, as in Kafka', ['send', 'poll', 'assign', 'subscribe', 'publish', 'consume']],
  ['unique ids', ['generate', 'generate-id', 'gen-id']],
  ['an echo', ['echo']],
  ['a broadcast', ['broadcast']],
]

const subtracting = ['dec', 'decr', 'decrement', 'sub', 'subtract']
const adding = ['add', 'inc', 'incr', 'increment', ...subtracting]

/** Whether what is done to a counter takes away from it. */
export function subtracts(kind: string): boolean {
  return subtracting.includes(kind)
}

/** Told by what was done and what was answered. */
export function formOf(operations: readonly Operation[]): Form {
  const transaction = operations.find((each) => each.kind === 'txn' || isTransaction(each.value))
  if (transaction) return { name: 'other', told: transactionsIn(operations) }
  for (const [told, kinds] of byKind) {
    const done = [...new Set(operations.map((each) => each.kind))].filter((kind) => kinds.includes(kind))
    if (done.length > 0) return { name: 'other', told: `${told} (${done.map((kind) => `:${kind}`).join(', ')})` }
  }
  const adds = operations.filter((each) => adding.includes(each.kind))
  const writes = operations.some((each) => !isRead(each.kind) && !adding.includes(each.kind))
  if (adds.length === 0 || writes) return { name: 'register' }
  const answers = operations
    .filter((each) => isRead(each.kind) && each.result !== undefined)
    .map(({ result }) => result)
  const readsLists = answers.some((answer) => membersOf(answer) !== undefined)
  const addsAmounts = adds.every(({ value }) => value === undefined || isAmount(value))
  if (readsLists || !addsAmounts)
    return { name: 'other', told: `a set (:add${readsLists ? ', and reads of all members' : ''})` }
  return answers.every(isAmount) ? { name: 'counter' } : { name: 'register' }
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value))
}

/** The micro-operations of Jepsen's transactions: `[:r 1 nil]`, `[:w 1 2]`, `[:append 1 2]`. */
const microKinds = [':r', ':w', ':append', 'r', 'w', 'append']

function isTransaction(value: unknown): value is [string, unknown, unknown][] {
  return Array.isArray(value) && value.length > 0 && value.every(isMicro)
}

function isMicro(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 3 || value.length === 2) && microKinds.includes(value[0])
}

function transactionsIn(operations: readonly Operation[]): string {
  const kinds = new Set<string>()
  for (const { value } of operations) {
    if (isTransaction(value)) for (const [kind] of value) kinds.add(kind.replace(/^:?/, ':'))
  }
  const told = [...kinds].sort().join(', ')
  const name = kinds.has(':append') ? ' (list-append: ' : kinds.has(':w') ? ' (read-write registers: ' : ' ('
  return `transactions${told === '' ? '' : `${name}${told})`}`
}
