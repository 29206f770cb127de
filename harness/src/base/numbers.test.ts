import { expect, test } from 'vitest'
import { parseDecimal, parseWholeNumber } from './numbers.ts'

test.each([
  ['0', 0],
  ['71', 71],
  ['9007199254740991', 9_007_199_254_740_991],
])('"%s" is the whole number %s', (text, value) => {
  expect(parseWholeNumber(text)).toBe(value)
  expect(parseDecimal(text)).toBe(value)
})

test('a fraction is a decimal and no whole number', () => {
  expect([parseWholeNumber('1.5'), parseDecimal('1.5')]).toEqual([undefined, 1.5])
})

const neither = [
  '',
  ' ',
  ' 1',
  '1 ',
  '0x10',
  '0b1',
  '1e3',
  '-1',
  '+1',
  '1_000',
  '1,5',
  '.5',
  '1.',
  'NaN',
  'Infinity',
  '١',
]
test.each([...neither, '9007199254740992', '1'.repeat(400)])('"%s" is no number', (text) => {
  expect([parseWholeNumber(text), parseDecimal(text)]).toEqual([undefined, undefined])
})
