import { describe, expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import { History } from '../history/history.ts'
import type { Observation } from '../history/observation.ts'
import type { Operation } from '../history/operation.ts'
import { hasOrder } from './linearizable/bruteForce.ts'
import { anyHistory } from './linearizable/randomHistories.ts'
import { linearizable } from './linearizable.ts'
import { losesNothing } from './losesNothing.ts'
import { neverResurrects } from './neverResurrects.ts'
import { staleness } from './staleness.ts'
import { staysOrdered } from './staysOrdered.ts'

let lastId = 0
/** One operation from start to end, of c1 on key a unless told otherwise. */
function op(kind: string, [startedAtMs, endedAtMs]: [number, number], rest: Partial<Operation> = {}): Operation {
  const place = { id: ++lastId, client: 'c1', node: 'n1', kind, key: 'a' }
  return { ...place, startedAtMs, endedAtMs, outcome: 'ok', ...rest }
}
const put = (value: unknown, at: [number, number], rest: Partial<Operation> = {}) => op('put', at, { value, ...rest })
const get = (result: unknown, at: [number, number], rest: Partial<Operation> = {}) => op('get', at, { result, ...rest })
const rows = (value: unknown, atMs = 1_000, node = 'n1'): Observation => ({ atMs, node, what: 'rows', value })
const keyless = { key: undefined } as unknown as Partial<Operation>

type Case = [name: string, operations: Operation[], verdict: string, observations?: Observation[]]

const kv: Case[] = [
  ['an unknown kind before the read excuses it', [put(1, [0, 1]), op('zap', [2, 3]), get(9, [4, 5])], 'unknown'],
  ['an unknown kind begun after the read does not', [put(1, [0, 1]), get(9, [4, 5]), op('zap', [6, 7])], 'invalid'],
  ['nor one before a later write', [op('zap', [0, 1]), put(1, [2, 3]), put(2, [4, 5]), get(1, [6, 7])], 'invalid'],
  ['nor one on another key', [op('zap', [0, 1], { key: 'b' }), put(1, [2, 3]), get(9, [4, 5])], 'invalid'],
  [
    'an undecided one excuses all that follows',
    [op('zap', [0, 1], { outcome: 'info' }), put(1, [2, 3]), get(9, [4, 5])],
    'unknown',
  ],
  ['one on the whole history does', [put(1, [0, 1]), op('restore', [2, 3], keyless), get(9, [4, 5])], 'unknown'],
  [
    'a transaction writes, and what follows is judged',
    [put(1, [0, 1]), op('transaction', [2, 3], { ...keyless, value: [{ key: 'a', value: 2 }] }), get(1, [4, 5])],
    'invalid',
  ],
  [
    'a transaction of another form may write anything',
    [put(1, [0, 1]), op('txn', [2, 3], { ...keyless, value: [['w', 'a', 2]] }), get(2, [4, 5])],
    'unknown',
  ],
  [
    'rows of a put are written',
    [op('put', [0, 1], { ...keyless, value: { rows: [{ key: 'a', value: 1 }] } }), get(1, [2, 3])],
    'valid',
  ],
  [
    'a decrement takes away',
    [op('add', [0, 1], { value: 5 }), op('decrement', [2, 3], { value: 2 }), get(3, [4, 5])],
    'valid',
  ],
  [
    'binary fractions stand for decimals',
    [op('add', [0, 1], { value: 0.1 }), op('add', [2, 3], { value: 0.2 }), get(0.1 + 0.2, [4, 5])],
    'valid',
  ],
  [
    'a lost tenth is seen',
    [op('add', [0, 1], { value: 0.1 }), op('add', [2, 3], { value: 0.2 }), get(0.2, [4, 5])],
    'invalid',
  ],
  [
    'sums above 2^53 are exact',
    [put('9007199254740992', [0, 1]), op('add', [2, 3], { value: 1 }), get('9007199254740993', [4, 5])],
    'valid',
  ],
  [
    'and a sum that was rounded is not',
    [put('9007199254740992', [0, 1]), op('add', [2, 3], { value: 1 }), get('9007199254740992', [4, 5])],
    'invalid',
  ],
  ['fields of the server are not the row', [put({ v: 1 }, [0, 1]), get({ v: 1, at: 7 }, [2, 3])], 'valid'],
  ['a field of the row is', [put({ v: 1 }, [0, 1]), get({ v: 2, at: 7 }, [2, 3])], 'invalid'],
  [
    'an older row with more fields is older',
    [put({ v: 1, w: 2 }, [0, 1]), put({ v: 1 }, [2, 3]), get({ v: 1, w: 2 }, [4, 5])],
    'invalid',
  ],
  [
    'an update changes what it names',
    [put({ v: 1, w: 2 }, [0, 1]), op('update', [2, 3], { value: { v: 1 } }), get({ v: 1, w: 2 }, [4, 5])],
    'unknown',
  ],
  [
    'an empty text after a delete is nothing or a deleted value',
    [put('', [0, 1]), op('delete', [2, 3]), get('', [4, 5])],
    'unknown',
  ],
  ['an empty text of a key never written is nothing', [get('', [0, 1])], 'valid'],
  ['a clock that goes back inside a write hides no lie', [put(1, [100, 90]), get(2, [120, 130])], 'invalid'],
  [
    'one that goes back between two tells no order',
    [put(1, [100, 110]), put(2, [50, 60]), get(2, [120, 130])],
    'unknown',
  ],
  ['times that are no numbers overlap everything', [put(1, [Number.NaN, 1]), put(2, [2, 3]), get(1, [4, 5])], 'valid'],
  [
    'a comparison answered in a way that nobody knows may have held',
    [put(1, [0, 1]), op('cas', [2, 3], { value: [1, 2], result: 17 }), get(2, [4, 5])],
    'valid',
  ],
  ['a set is no counter', [op('add', [0, 1], { value: 1 }), get([1], [2, 3])], 'unknown'],
  [
    'a bank is no register',
    [get({ x: 5 }, [0, 1], keyless), op('transfer', [2, 3], { ...keyless, value: { from: 'x' } })],
    'unknown',
  ],
  [
    'a read of the table is no read of a register',
    [put(1, [0, 1]), op('read', [2, 3], { ...keyless, result: [{ key: 'a', value: 1 }] }), get(1, [4, 5])],
    'unknown',
  ],
  [
    'keys such as __proto__ are keys',
    [put(1, [0, 1], { key: '__proto__' }), get(2, [2, 3], { key: '__proto__' })],
    'invalid',
  ],
  ['kinds such as toString are unknown', [put(1, [0, 1]), op('toString', [2, 3]), get(9, [4, 5])], 'unknown'],
  [
    'a truncated table holds nothing',
    [
      put(1, [0, 1], { table: 't' }),
      op('truncate', [2, 3], { ...keyless, table: 't' }),
      get(1, [4, 5], { table: 't' }),
    ],
    'invalid',
  ],
]

const loses: Case[] = [
  [
    'a comparison that held is there',
    [put(1, [0, 1]), op('cas', [2, 3], { value: [1, 2] })],
    'valid',
    [rows([{ key: 'a', value: 2 }])],
  ],
  [
    'one that did not is not',
    [put(1, [0, 1]), op('cas', [2, 3], { value: [9, 2], result: false })],
    'invalid',
    [rows([{ key: 'a', value: 2 }])],
  ],
  ['an unknown kind may have deleted it', [put(1, [0, 1]), op('expire', [2, 3])], 'unknown', [rows([])]],
  ['but not before it was written', [op('expire', [0, 1]), put(1, [2, 3])], 'invalid', [rows([])]],
  [
    'integer keys are kept',
    [op('insert', [0, 1], { ...keyless, value: [{ key: 7, value: 1 }] })],
    'invalid',
    [rows([])],
  ],
  [
    'one name for two keys is not judged',
    [put(1, [0, 1], { key: '7' }), op('insert', [2, 3], { ...keyless, value: [{ key: 7, value: 2 }] })],
    'unknown',
    [rows([{ key: 7, value: 2 }])],
  ],
  [
    'a row listed twice is as bad as the worse',
    [put(1, [0, 1]), put(2, [2, 3])],
    'invalid',
    [
      rows([
        { key: 'a', value: 2 },
        { key: 'a', value: 1 },
      ]),
    ],
  ],
  ['a later write is no excuse to nodes read before it', [put(1, [0, 1]), put(2, [20, 30])], 'unknown', [rows([], 10)]],
  [
    'a field that was taken away stays away',
    [put({ s: 1, note: 2 }, [0, 1]), put({ s: 1 }, [2, 3])],
    'invalid',
    [rows([{ key: 'a', value: { s: 1, note: 2 } }])],
  ],
  ['a field of the server is none', [put({ s: 1 }, [0, 1])], 'valid', [rows([{ key: 'a', value: { s: 1, at: 9 } }])]],
  ['a truncated table need not hold it', [put(1, [0, 1]), op('truncate', [2, 3], keyless)], 'unknown', [rows([])]],
]

const resurrects: Case[] = [
  [
    'an unknown kind may have written it',
    [op('delete', [0, 1]), op('restore', [2, 3])],
    'unknown',
    [rows([{ key: 'a', value: 1 }])],
  ],
  [
    'but not before it was deleted',
    [op('restore', [0, 1]), op('delete', [2, 3])],
    'invalid',
    [rows([{ key: 'a', value: 1 }])],
  ],
  ['an add writes', [op('delete', [0, 1]), op('increment', [2, 3])], 'unknown', [rows([{ key: 'a', value: 1 }])]],
  [
    'a row that came back for a while is refused',
    [put(1, [0, 1]), op('delete', [2, 3])],
    'invalid',
    [rows([], 10), rows([{ key: 'a' }], 20), rows([], 30)],
  ],
  [
    'a node that hears of the delete later is not',
    [put(1, [0, 1]), op('delete', [2, 3])],
    'valid',
    [rows([], 30), rows([{ key: 'a' }], 20, 'n2'), rows([], 30, 'n2')],
  ],
]

const ordered: Case[] = [
  ['a pipelined read beside its own write', [put(1, [0, 1]), put(2, [2, 30]), get(1, [4, 5])], 'valid'],
  ['a read after its own write', [put(1, [0, 1]), put(2, [2, 3]), get(1, [4, 5])], 'invalid'],
  [
    'a transaction that writes the old value again',
    [
      put(1, [0, 1]),
      put(2, [2, 3]),
      op('transaction', [4, 5], { ...keyless, client: 'c2', value: [{ key: 'a', value: 1 }] }),
      get(1, [6, 7]),
    ],
    'valid',
  ],
  ['an unknown kind that may have', [put(1, [0, 1]), put(2, [2, 3]), op('zap', [4, 5]), get(1, [6, 7])], 'unknown'],
  [
    'what localRead answers',
    [put(1, [0, 1]), put(2, [2, 3]), op('localRead', [4, 5], { result: 1 }), get(2, [6, 7])],
    'valid',
  ],
]

const stale: Case[] = [
  ['local reads', [put(1, [0, 1]), put(2, [2, 3]), op('localRead', [500, 501], { result: 1 })], 'invalid'],
  ['appended keys', [op('append', [0, 1], { value: 'x' }), get(undefined, [500, 501])], 'invalid'],
  [
    'an unknown kind that may have written it again',
    [put(1, [0, 1]), put(2, [2, 3]), op('zap', [4, 5]), get(1, [500, 501])],
    'unknown',
  ],
  ['an undecided write of it', [put(1, [0, 1], { outcome: 'info' }), put(2, [2, 3]), get(1, [500, 501])], 'valid'],
]

describe.each([
  ['linearizable', kv, (history: History) => linearizable(history, { model: 'kv' })],
  ['losesNothing', loses, losesNothing],
  ['neverResurrects', resurrects, neverResurrects],
  ['staysOrdered', ordered, staysOrdered],
  ['staleness', stale, (history: History) => staleness(history, { withinMs: 5 })],
] as const)('%s', (_, cases, judge) => {
  test.each(cases)('%s', (_name, operations, verdict, observations = []) => {
    const judged = judge(new History({ operations: [...operations], observations: [...observations] }), {})
    expect(judged.verdict, judged.found).toBe(verdict)
  })
})

test('a model leaves what it does not know unknown', () => {
  const operations = [
    put(1, [0, 1], keyless),
    op('cas', [2, 3], { ...keyless, value: [1, 2] }),
    get(2, [4, 5], keyless),
  ]
  expect(linearizable(new History({ operations }), { model: 'register' }).verdict).toBe('unknown')
  expect(linearizable(new History({ operations }), { model: 'cas-register' }).verdict).toBe('valid')
})

test('a start that nobody knows makes what only contradicts it unknown, and what it held is told by initial', () => {
  const history = new History({ operations: [get(5, [0, 1]), put(1, [2, 3]), get(1, [4, 5])] })
  expect(linearizable(history, { model: 'kv' }).verdict).toBe('invalid')
  expect(linearizable(history, { model: 'kv', startIsUnknown: true }).verdict).toBe('unknown')
  expect(linearizable(history, { model: 'kv', initial: 5 }).verdict).toBe('valid')
  const lying = new History({ operations: [put(1, [2, 3]), get(5, [4, 5])] })
  expect(linearizable(lying, { model: 'kv', startIsUnknown: true }).verdict).toBe('invalid')
})

/** Whether some way in which the unknown operations went leaves an order: each may have written any value, or deleted. */
function mayHaveOrder(operations: readonly Operation[]): boolean {
  const at = operations.findIndex(({ kind }) => kind === 'zap' || kind === 'transaction')
  const one = operations[at]
  if (one === undefined) return hasOrder(operations)
  const value = (one.value as { value: unknown }[] | undefined)?.[0]?.value
  const ways: Operation[] =
    one.kind === 'transaction'
      ? [{ ...one, kind: 'write', value }]
      : [undefined, 0, 1, 2, 3, 'a', 'ab', 4, 5].map((each) => ({
          ...one,
          kind: each === undefined ? 'delete' : 'write',
          value: each,
        }))
  return ways.some((way) => mayHaveOrder(operations.with(at, way)))
}

test('2 000 small random histories with unknown kinds and transactions: invalid is said only if nothing explains them', () => {
  const random = new Seed(91).stream('strangers')
  const found = { invalid: 0, unknown: 0, valid: 0 }
  for (let round = 0; round < 2_000; round++) {
    const operations = anyHistory(random, 'cas-register', random.integer(2, 5)).map((each): Operation => {
      if (!random.chance(0.25) || each.outcome === 'fail') return each
      const { key, result: _, value: __, ...rest } = each
      if (random.chance(0.5)) return { ...rest, key: key as string, kind: 'zap' }
      return { ...rest, kind: 'transaction', value: [{ key, value: random.integer(0, 2) }] }
    })
    const { verdict } = linearizable(new History({ operations }), { model: 'kv' })
    found[verdict]++
    if (verdict === 'invalid') expect(mayHaveOrder(operations), JSON.stringify(operations)).toBe(false)
    if (verdict === 'valid') expect(mayHaveOrder(operations), JSON.stringify(operations)).toBe(true)
  }
  expect(found.invalid).toBeGreaterThan(200)
  expect(found.unknown).toBeGreaterThan(200)
})
