import { describe, expect, test } from 'vitest'
import { EdnReader } from './edn.ts'
import { canonical } from './ednValue.ts'
import { deepestNesting } from './parseJson.ts'

const read = (text: string) => new EdnReader(text).read().value

test.each([
  ['nil', null],
  ['[true false]', [true, false]],
  [':a', ':a'],
  [':ns.x/a', ':ns.x/a'],
  ['"a\\n\\u0041\\101\\""', 'a\nAA"'],
  ['{:a 1, "b" 2, 3 4, [5 6] 7, :ns/c 8}', { a: 1, '"b"': 2, '3': 4, '[5,6]': 7, 'ns/c': 8 }],
  ['#:ns{:a 1, :_/b 2, "c" 3}', { 'ns/a': 1, b: 2, '"c"': 3 }],
  ['{1 :a, :1 :b}', { '1': ':a', ':1': ':b' }],
  ['#{3 1 2}', { '#set': [1, 2, 3] }],
  ['#{}', { '#set': [] }],
  ['#inst "2026-01-01T00:00:00.000-00:00"', { '#inst': '2026-01-01T00:00:00.000-00:00' }],
  ['#uuid "f81d4fae"', { '#uuid': 'f81d4fae' }],
  ['#a/b #c [1]', { '#a/b': { '#c': [1] } }],
  ['#a {:b 1}', { '#a': { b: 1 } }],
  ['##Inf', { '#number': 'Inf' }],
  ['[##-Inf ##NaN]', [{ '#number': '-Inf' }, { '#number': 'NaN' }]],
  ['1/2', { '#ratio': '1/2' }],
  ['[1N -1.5e3 +7 0x1F 1.50M 007]', [1, -1500, 7, 31, 1.5, 7]],
  ['9007199254740993', '9007199254740993'],
  ['-9007199254740993N', '-9007199254740993'],
  ['1.0000000000000000001M', '1.0000000000000000001'],
  [
    '[\\a \\newline \\space \\u0041 \\o101 \\( \\é]',
    ['a', '\n', ' ', 'A', 'A', '(', 'é'].map((each) => ({ '#char': each })),
  ],
  ['foo/bar', { '#symbol': 'foo/bar' }],
  ['#"a\\d\\"b"', { '#regex': 'a\\d\\"b' }],
  ['#<Error a.B: no <x> y>', { '#object': '<Error a.B: no <x> y>' }],
  [
    '#object[java.net.Socket 0x5e5d171f "Socket[addr=/n1]"]',
    { '#object': [{ '#symbol': 'java.net.Socket' }, 0x5e5d171f, 'Socket[addr=/n1]'] },
  ],
  ['^{:line 3} [1]', [1]],
  ['[1 #_ 2 #_#_ 3 4 5] ; the rest', [1, 5]],
  ['{:a #_ 1 2 #_ 3}', { a: 2 }],
  ['(1, 2,3)', [1, 2, 3]],
])('%s is read', (text, value) => {
  expect(read(text)).toStrictEqual(value)
})

test('fields with names that Object has are fields like others', () => {
  const map = read('{:__proto__ {:a 1}, :constructor 2}') as object
  expect(Object.entries(map)).toEqual([
    ['__proto__', { a: 1 }],
    ['constructor', 2],
  ])
})

describe('two values are equal exactly if they are in Clojure', () => {
  test.each([
    ['#{1 2 [3 4]}', '#{[3 4] 2 1}'],
    ['{:a 1 :b {:c 2 :d 3}}', '{:b {:d 3, :c 2}, :a 1}'],
    ['#{{:a 1 :b 2}}', '#{{:b 2 :a 1}}'],
    ['#{#{1 2} #{3 4}}', '#{#{4 3} #{2 1}}'],
    ['[1 2]', '(1 2)'],
  ])('%s is %s', (a, b) => expect(canonical(read(a))).toBe(canonical(read(b))))

  test.each([
    ['#{1 2}', '[1 2]'],
    ['[1 2]', '[2 1]'],
    ['#a 1', '#b 1'],
    ['#a 1', '1'],
    ['a', '"a"'],
    ['\\a', '"a"'],
    ['{1 2}', '{"1" 2}'],
    ['{:a nil}', '{}'],
    ['1/2', '"1/2"'],
    ['##NaN', '"NaN"'],
    ['9007199254740993', '9007199254740992'],
  ])('%s is not %s', (a, b) => expect(canonical(read(a))).not.toBe(canonical(read(b))))
})

describe('what is nested too deep is refused, not a crash', () => {
  const times = 200_000
  test.each([
    ['vectors', '['.repeat(times)],
    ['maps', '{:a '.repeat(times)],
    ['keys of maps', '{'.repeat(times)],
    ['sets', '#{'.repeat(times)],
    ['tags', '#a '.repeat(times)],
    ['discards', '#_ '.repeat(times)],
    ['metadata', '^'.repeat(times)],
  ])('%s', (_, text) => expect(() => read(text)).toThrow(/nested more than 1000 levels deep/))

  test('what is less deep is read', () => {
    expect(read(`${'['.repeat(deepestNesting)}${']'.repeat(deepestNesting)}`)).toBeInstanceOf(Array)
  })
})
