import { describe, expect, test } from 'vitest'
import { shownLine, shownText } from './shownText.ts'

const ESC = '\u001b'

describe('text of others is printed without', () => {
  test.each([
    ['colours', `${ESC}[31mred${ESC}[0m`, 'red'],
    ['what clears the screen', `a${ESC}[2J${ESC}[1;1Hb`, 'ab'],
    ['what names a window', `${ESC}]0;owned\u0007text`, 'text'],
    ['what links, ended by ST', `${ESC}]8;;http://x${ESC}\\text${ESC}]8;;${ESC}\\`, 'text'],
    ['sequences of one byte (C1)', '\u009b31mred', 'red'],
    ['what resets the terminal', `a${ESC}cb`, 'ab'],
    ['an escape at its end', `a${ESC}`, 'a'],
    ['bells and backspaces', 'a\u0007b\u0008c', 'a\\u0007b\\u0008c'],
    ['a carriage return that writes over', 'bad\rgood', 'bad\\u000dgood'],
    ['what turns the order of writing', 'a\u202eb\u2066c\u200f', 'a\\u202eb\\u2066c\\u200f'],
    ['line separators', 'a\u2028::error::b', 'a\\u2028::error::b'],
  ])('%s', (_, text, shown) => {
    expect(shownText(text)).toBe(shown)
  })
})

test.each([
  ['::error::x', ': :error::x'],
  ['a\n::set-output name=x::y', 'a\n: :set-output name=x::y'],
  ['a\n  \t::stop-commands::t', 'a\n  \t: :stop-commands::t'],
  ['a\r\n::error::x', 'a\n: :error::x'],
  [`${ESC}[0m::error::x`, ': :error::x'],
  ['x ##[error]y', 'x # #[error]y'],
  ['##vso[task.setvariable]y', '# #vso[task.setvariable]y'],
  ['a\n:\n::x', 'a\n:\n: :x'],
])('no line of %j is a command of a job', (text, shown) => {
  expect(shownText(text)).toBe(shown)
})

test('plain text stays as it is, tabs and line feeds included', () => {
  for (const text of ['a\tb\nc', 'n1::n2', 'std::vector ✗ → ü 日本 😀', '# heading', '## heading', '']) {
    expect(shownText(text)).toBe(text)
  }
})

test('a line is one line', () => {
  expect(shownLine('key\n::error::x\r\n')).toBe('key\\n::error::x\\r\\n')
  expect(shownLine('::error::x')).toBe(': :error::x')
})
