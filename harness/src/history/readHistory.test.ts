import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readHistory } from './readHistory.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-history-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function read(text: string) {
  const path = join(folder, 'history')
  writeFileSync(path, text)
  return readHistory(path)
}

const copies = join(import.meta.dirname, '../../../fixtures/histories/foreign')

describe('a Knossos history', () => {
  test('is read map by map, however many lines one takes', () => {
    const { history, format } = readHistory(join(copies, 'knossos/ok-over-lines.edn'))
    expect(format).toBe('edn')
    expect(history.operations).toMatchObject([
      { client: '0', kind: 'write', value: 1, outcome: 'ok', line: { started: 2, ended: 3 } },
      { client: '1', kind: 'cas', value: [1, 2], outcome: 'info', line: { started: 5, ended: 14 } },
      { client: '2', kind: 'read', result: 2, outcome: 'ok', line: { started: 11, ended: 21 } },
      { client: '3', kind: 'cas', outcome: 'fail' },
    ])
    expect(history.operations[1]?.error).toContain('lost contact with primary {:t 18, :r ["a } b"]}\n')
    expect(history.events).toMatchObject([{ type: 'note', what: 'nemesis info start' }])
  })

  test('knows all of EDN that histories hold', () => {
    const text =
      '#jepsen.history.Op{:process 0 :type :invoke :f :write :value {:a #{1} "b" (\\a \\newline "\\u0041\\t" -1.5e3 7N ##Inf #inst "2026-01-01")}}' +
      '{:process 0, :type :ok, :f :write, :value 1/2 :big 123456789012345678901}'
    expect(read(text).history.operations).toMatchObject([
      {
        value: {
          a: { '#set': [1] },
          '"b"': [
            { '#char': 'a' },
            { '#char': '\n' },
            'A\t',
            -1500,
            7,
            { '#number': 'Inf' },
            { '#inst': '2026-01-01' },
          ],
        },
        outcome: 'ok',
      },
    ])
  })

  test('in which an operation never ends leaves it undecided', () => {
    const [first, second] = read('{:process 0 :type :invoke :f :write :value 1}\n{:process 1 :type :invoke :f :read}')
      .history.operations
    expect(first).toMatchObject({ outcome: 'info', startedAtMs: 1, endedAtMs: 3, line: { started: 1 } })
    expect(second).toMatchObject({ outcome: 'info', startedAtMs: 2 })
  })
})

describe('a Jepsen log', () => {
  test('is read with values over lines, and what other parts of Jepsen say is passed over', () => {
    const { history, format } = readHistory(join(copies, 'jepsen/ok-over-lines.log'))
    expect(format).toBe('jepsenLog')
    expect(history.operations).toMatchObject([
      { kind: 'write', value: 1, outcome: 'ok' },
      { kind: 'cas', value: [1, 2], outcome: 'ok', line: { started: 5, ended: 7 } },
      { kind: 'write', value: 3, outcome: 'info' },
      { kind: 'read', result: 3 },
    ])
  })

  test('may lack what stands before the process', () => {
    expect(read('3\t:invoke\t:read\tnil\n3\t:ok\t:read\t4\n').history.operations).toMatchObject([
      { client: '3', result: 4 },
    ])
  })

  test('takes a comparison that failed for an answer, and a read that timed out for none', () => {
    const log = [
      '0\t:invoke\t:cas\t[1 2]',
      '0\t:fail\t:cas\t[1 2]',
      '1\t:invoke\t:read\tnil',
      '1\t:fail\t:read\t:timed-out',
    ]
    expect(read(log.join('\n')).history.operations).toMatchObject([
      { outcome: 'ok', result: false },
      { outcome: 'fail' },
    ])
  })
})

describe('a damaged history is named with its line', () => {
  const good = '{:process 0, :type :invoke, :f :write, :value 1}\n'
  const log = 'INFO  jepsen.util - 0\t:invoke\t:write\t1\n'
  test.each([
    [
      'cut within a map',
      `${good}{:process 0, :type :ok, :f :wri`,
      /line 2: the map has no value|line 2: the text ends/,
    ],
    [
      'cut within a string',
      `${good}{:process 0, :error "no\nend`,
      /line 3: the text ends within what begins on line 2/,
    ],
    ['cut before the end of its vector', `[\n${good}`, /line 3: the text ends within what begins on line 1/],
    ['with a bracket too many', `${good}}`, /line 2: there is a } that nothing opened/],
    ['with half a map', `${good}{:process 0, :type}`, /line 2: the map has no value for :type/],
    ['with a key twice', '{:type :ok :type :ok}', /line 1: the map has the key :type twice/],
    ['with something else in it', `${good}7`, /line 2: there is something that is not a map/],
    ['with a number that is none', `${good}{:process 0x}`, /line 2: 0x is no number/],
    ['with a bad escape', `${good}{:process "\\q"}`, /line 2: \\q is not an escape/],
    ['with no type', `${good}{:process 0, :f :write}`, /line 2: nothing is not how an operation begins or ends/],
    ['with no process', `${good}{:type :ok, :f :write}`, /line 2: it is not told which process/],
    ['with no function', `${good}{:process 0, :type :ok}`, /line 2: it is not told what was done/],
    [
      'with an end but no begin',
      `${good}{:process 1, :type :ok, :f :write}`,
      /line 2: process 1 ends a write that it has not/,
    ],
    ['with two begins', good + good, /line 2: process 0 begins while its write is under way/],
    [
      'that ends something else',
      `${good}{:process 0, :type :ok, :f :read}`,
      /line 2: process 0 ends a read where it had begun a write/,
    ],
    ['that is a log cut in a line', `${log}INFO  jepsen.util - 0\t:ok\t:wr`, /line 2: it is no whole operation/],
    ['that is a log cut in a value', `${log}INFO  jepsen.util - 0\t:ok\t:cas\t[1 `, /line 2: its value is not whole/],
    ['that is a log without its value', `${log}INFO  jepsen.util - 0\t:ok\t:write\t`, /line 2: its value is missing/],
    ['that is a log with too much', `${log}and more`, /line 1: there is more behind its value/],
    [
      'that is a log with something else before it',
      `Dear reader,\n${log}`,
      /line 1: it is no operation of a Jepsen log/,
    ],
    ['that has only comments', '; nothing\n', /line 1: there is no operation in it/],
  ])('%s', (_, text, message) => {
    expect(() => read(text)).toThrow(message)
    expect(() => read(text)).toThrow(/history is damaged at line \d+: .*HISTORY_CORRUPT/)
  })
})

test('a file that is not there is one sentence', () => {
  expect(() => readHistory(join(folder, 'none'))).toThrow(/none cannot be read: ENOENT.*ARTIFACT_UNREADABLE/)
})
