import { expect, test } from 'vitest'
import { carries, sameValue } from './sameValue.ts'

const when = new Date(1_780_000_000_000)

test.each<[unknown, unknown]>([
  [1, 1],
  [null, null],
  [
    { a: 1, b: [2, { c: 3 }] },
    { b: [2, { c: 3 }], a: 1 },
  ],
  [{ a: 1, b: undefined }, { a: 1 }],
  [{ at: when }, { at: when.toJSON() }],
  [[], []],
])('%j is the same as %j', (a, b) => {
  expect(sameValue(a, b)).toBe(true)
  expect(sameValue(b, a)).toBe(true)
})

test.each<[unknown, unknown]>([
  [1, '1'],
  [null, {}],
  [{}, []],
  [{ a: 1 }, { a: 1, b: 2 }],
  [{ a: { b: 1 } }, { a: { b: 2 } }],
  [
    [1, 2],
    [2, 1],
  ],
  [[1], [1, 2]],
])('%j is another than %j', (a, b) => {
  expect(sameValue(a, b)).toBe(false)
  expect(sameValue(b, a)).toBe(false)
})

test('a row read back may have fields of the system, but lacks none that were written', () => {
  expect(carries({ text: 'a', version: 4 }, { text: 'a' })).toBe(true)
  expect(carries({ version: 4 }, { text: 'a' })).toBe(false)
  expect(carries({ tags: ['a', 'b'] }, { tags: ['a'] })).toBe(false)
})

test('deep values are compared in one pass', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 'end' : { inner: deep(levels - 1) })
  expect(sameValue(deep(200), deep(200))).toBe(true)
})
