import { expect, test } from 'vitest'
import { deepestNesting, parseJson } from './parseJson.ts'

test.each([
  ['9007199254740991', 9007199254740991],
  ['9007199254740993', '9007199254740993'],
  ['-9007199254740993', '-9007199254740993'],
  ['123456789012345678901234567890', '123456789012345678901234567890'],
  ['1e400', '1e400'],
  ['1e3', 1000],
  ['0.1', 0.1],
  ['0.1234567890123456', 0.1234567890123456],
])('%s is kept exactly', (text, value) => {
  expect(parseJson(text)).toBe(value)
  expect(parseJson(`{"a":[1,${text}],"b": ${text}}`)).toEqual({ a: [1, value], b: value })
})

test('digits within text stay text, and names that Object has are fields like others', () => {
  expect(parseJson('{"a":"9007199254740993","__proto__":9007199254740993}')).toEqual(
    JSON.parse('{"a":"9007199254740993","__proto__":"9007199254740993"}'),
  )
})

test('a value is read up to the bound of its depth, and refused beyond it', () => {
  const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}1${close.repeat(depth)}`
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    expect(parseJson(nested(deepestNesting, open, close))).toBeTypeOf('object')
    expect(() => parseJson(nested(deepestNesting + 1, open, close))).toThrow(/nested more than 1000 levels deep/)
    expect(() => parseJson(nested(200_000, open, close))).toThrow(RangeError)
  }
  expect(parseJson(JSON.stringify('['.repeat(5_000)))).toHaveLength(5_000)
  expect(parseJson(JSON.stringify(`${'\\"['.repeat(5_000)}`))).toHaveLength(15_000)
})
