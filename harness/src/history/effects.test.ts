import { describe, expect, test } from 'vitest'
import { type Effect, effectsOf, mayTouch } from './effects.ts'
import type { Operation } from './operation.ts'
import { onlyReads, writesRows } from './operationKinds.ts'
import { answeredAtMs, clockWentBack, spanOf } from './span.ts'

const operation = (kind: string, rest: Partial<Operation> = {}): Operation => ({
  ...{ id: 1, client: 'c1', node: 'n1', kind, startedAtMs: 0, endedAtMs: 1, outcome: 'ok', ...rest },
})
const onA = (kind: string, rest: Partial<Operation> = {}) => effectsOf(operation(kind, { key: 'a', ...rest }))[0]

/** What is told of each effect, without what it does not say. */
function told(effects: readonly Effect[]) {
  return effects.map(({ deed, reach, table, key, value, delta }) =>
    Object.fromEntries(
      Object.entries({ deed, reach, table, key, value, delta }).filter(([, each]) => each !== undefined),
    ),
  )
}

test.each([
  ['put', 'write'],
  ['Lock-And-Set', 'unknown'],
  ['DELETE', 'delete'],
  ['append', 'append'],
  ['incr', 'add'],
  ['local_read', 'localRead'],
  ['constructor', 'unknown'],
  ['__proto__', 'unknown'],
  ['toString', 'unknown'],
  ['swap', 'unknown'],
  ['', 'unknown'],
])('%s on a key is a %s', (kind, deed) => {
  expect(onA(kind, { value: kind === 'incr' ? 1 : 'x' })).toMatchObject({ deed, reach: 'key', key: 'a' })
})

test('what failed, what only looks and what a load measures does nothing', () => {
  for (const each of [operation('put', { key: 'a', outcome: 'fail' }), operation('search', { table: 't' })]) {
    expect(effectsOf(each)).toEqual([])
  }
  expect(effectsOf(operation('anything', { node: '*' }))).toEqual([])
})

describe('a comparison', () => {
  test.each([
    [[1, 2], undefined, true],
    [{ expect: 1, value: 2 }, { held: true }, true],
    [{ from: 1, to: 2 }, false, false],
    [[1, 2], { swapped: false }, false],
    [[1, 2], 17, undefined],
    [[1, 2], { version: 3 }, undefined],
  ])('of %j answered by %j held: %s', (value, result, held) => {
    expect(onA('cas', { value, result })).toMatchObject({ deed: 'cas', expected: 1, value: 2, held })
  })

  test('of nobody knows what is unknown, and one that is undecided may have held', () => {
    expect(onA('cas', { value: 7 })).toMatchObject({ deed: 'unknown' })
    expect(onA('cas', { value: [1, 2], outcome: 'info' })).toMatchObject({ held: undefined })
    expect(onA('putIfAbsent', { value: 2, result: false })).toMatchObject({ deed: 'cas', expected: null, held: false })
  })
})

test.each([
  ['add', 5, 5],
  ['increment', undefined, 1],
  ['decrement', 3, -3],
  ['subtract', '2.5', '-2.5'],
  ['decr', undefined, -1],
  ['add', { delta: -4 }, -4],
  ['add', 9007199254740993n, 9007199254740993n],
])('%s of %s adds %s', (kind, value, delta) => {
  expect(onA(kind, { value })).toMatchObject({ deed: 'add', delta })
})

test('what is added to a set is no amount, and an answer from before is no sum', () => {
  expect(onA('add', { value: 'member' })).toMatchObject({ deed: 'unknown' })
  expect(onA('add', { value: 1, result: 7 })).toMatchObject({ isAnswered: true, answer: 7 })
  expect(onA('getAndIncrement', { result: 7 })).toMatchObject({ isAnswered: false })
})

describe('rows', () => {
  test('of a transaction are put, deleted and added to, each in its table', () => {
    const value = [
      { op: 'put', key: 'a', value: 1 },
      { op: 'delete', key: 'b', table: 'u' },
      { op: 'add', key: 'c', value: 2 },
      { op: 'swap', key: 'd' },
      { key: 'e' },
      { op: 'get', key: 'f' },
    ]
    expect(told(effectsOf(operation('transaction', { table: 't', value })))).toEqual([
      { deed: 'write', reach: 'key', table: 't', key: 'a', value: 1 },
      { deed: 'delete', reach: 'key', table: 'u', key: 'b' },
      { deed: 'add', reach: 'key', table: 't', key: 'c', delta: 2 },
      { deed: 'unknown', reach: 'key', table: 't', key: 'd' },
      { deed: 'unknown', reach: 'key', table: 't', key: 'e' },
    ])
  })

  test('of a put are written, those of a remove deleted, and none is lost for its key', () => {
    expect(told(effectsOf(operation('put', { value: { rows: [{ key: 1, value: 'x' }] } })))).toEqual([
      { deed: 'write', reach: 'key', key: '1', value: 'x' },
    ])
    expect(told(effectsOf(operation('remove', { table: 't', value: [{ key: 'a' }, { id: 'b' }] })))).toEqual([
      { deed: 'delete', reach: 'key', table: 't', key: 'a' },
      { deed: 'unknown', reach: 'table', table: 't' },
    ])
    expect(effectsOf(operation('insert', { table: 't', value: [] }))).toEqual([])
  })

  test('that one operation changes twice are what it leaves, or unknown', () => {
    const both = (second: object) =>
      told(effectsOf(operation('transaction', { value: [{ key: 'a', value: 1 }, second] })))
    expect(both({ op: 'delete', key: 'a' })).toEqual([{ deed: 'delete', reach: 'key', key: 'a' }])
    expect(both({ op: 'add', key: 'a', value: 1 })).toEqual([{ deed: 'unknown', reach: 'key', key: 'a' }])
  })

  test('with keys such as __proto__ and constructor are rows', () => {
    const keys = ['__proto__', 'constructor', 'toString']
    const value = keys.map((key) => ({ key, value: 1 }))
    expect(effectsOf(operation('insert', { value })).map(({ key }) => key)).toEqual(keys)
  })
})

test('what names no key reaches its table, or everything', () => {
  expect(told(effectsOf(operation('truncate', { table: 't' })))).toEqual([
    { deed: 'delete', reach: 'table', table: 't' },
  ])
  expect(told(effectsOf(operation('truncate')))).toEqual([{ deed: 'unknown', reach: 'everything' }])
  expect(told(effectsOf(operation('rebuild', { table: 't' })))).toEqual([
    { deed: 'unknown', reach: 'table', table: 't' },
  ])
  expect(told(effectsOf(operation('txn', { value: [['append', 1, 2]] })))).toEqual([
    { deed: 'unknown', reach: 'everything' },
  ])
  expect(told(effectsOf(operation('write', { value: [1, 2] })))).toEqual([
    { deed: 'write', reach: 'key', value: [1, 2] },
  ])
  expect(mayTouch(operation('rebuild'), 't')).toBe(true)
  expect(mayTouch(operation('rebuild', { table: 'u' }), 't')).toBe(false)
})

test('what is undecided ends never, and what ends before it began overlaps everything', () => {
  const [never, ever] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  expect(spanOf(operation('put'))).toEqual({ startMs: 0, endMs: 1 })
  expect(spanOf(operation('put', { outcome: 'info' }))).toEqual({ startMs: 0, endMs: never })
  expect(spanOf(operation('put', { startedAtMs: 9 }))).toEqual({ startMs: ever, endMs: never })
  expect(spanOf(operation('put', { startedAtMs: Number.NaN }))).toEqual({ startMs: ever, endMs: never })
  const answers = [{}, { outcome: 'info' }, { startedAtMs: 9 }, { endedAtMs: Number.NaN }] as const
  expect(answers.map((each) => answeredAtMs(operation('put', each)))).toEqual([1, never, 9, never])
})

test('a client whose later operation had ended before an earlier one began shows that the clock went back', () => {
  const early = operation('put', { id: 1, startedAtMs: 100, endedAtMs: 110 })
  const late = operation('put', { id: 2, startedAtMs: 50, endedAtMs: 60 })
  expect(clockWentBack([early, late])).toContain('between operations 1 and 2 of c1')
  expect(clockWentBack([late, early])).toBeUndefined()
  expect(clockWentBack([early, { ...late, client: 'c2' }])).toBeUndefined()
  expect(clockWentBack([early, { ...late, endedAtMs: 105 }])).toBeUndefined()
})

test('a kind writes rows, only reads, or neither', () => {
  expect(['put', 'transaction', 'append'].every(writesRows)).toBe(true)
  expect(['delete', 'add', 'search', 'whatever'].some(writesRows)).toBe(false)
  expect(['read', 'localRead', 'search'].every(onlyReads)).toBe(true)
  expect(['cas', 'whatever', 'truncate'].some(onlyReads)).toBe(false)
})
