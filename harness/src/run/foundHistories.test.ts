import { globSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HarnessError } from '../base/errors.ts'
import { judgeRun } from './judge.ts'

/** Histories of other tools as they are found; the folder says the verdict, or that the file is refused. */
const root = join(import.meta.dirname, '../../../fixtures/histories/foreign/found')

function filesOf(kind: string): string[] {
  return globSync('**/*', { cwd: join(root, kind), withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(`${sep}store`))
    .map((entry) => entry.name)
    .sort()
}

describe.each(['valid', 'invalid', 'unknown'])('%s is', (kind) => {
  test.each(filesOf(kind))('%s', (file) => {
    const judgement = judgeRun(join(root, kind, file))
    expect(judgement.verdict, judgement.histories[0]?.verdicts[0]?.found).toBe(kind)
  })
})

test('there are many of each kind', () => {
  expect(['valid', 'invalid', 'unknown', 'refused'].map((kind) => filesOf(kind).length > 15)).toEqual([
    true,
    true,
    true,
    true,
  ])
})

test.each([
  ['set.edn', /history of a set \(:add, and reads of all members\), for which there is no model yet/],
  ['set-of-words.edn', /history of a set \(:add\)/],
  ['bank.edn', /history of a bank \(:transfer\)/],
  ['lock.edn', /history of a lock \(:acquire, :release\)/],
  ['queue.edn', /history of a queue \(:enqueue, :dequeue\)/],
  ['list-append.edn', /history of transactions \(list-append: :append, :r\)/],
  ['read-write-transactions.edn', /history of transactions \(read-write registers: :r, :w\)/],
  ['kafka.edn', /history of a log of messages/],
  ['maelstrom-broadcast.edn', /history of a broadcast/],
  ['begins-at-zero.edn', /only reads before the first write are wrong.*--initial 0 they would be right/],
  ['begins-at-another.edn', /--initial '"x"' they would be right/],
  ['keyed-begins-at-zero.edn', /--initial 0 they would be right/],
  ['keyed-or-not.edn', /as values the history is invalid, as keys it is valid. Say which with --no-keyed or --keyed/],
])('%s is unknown, with a sentence that says why', (file, sentence) => {
  expect(judgeRun(join(root, 'unknown', file)).histories[0]?.verdicts[0]?.found).toMatch(sentence)
})

test.each([
  ['empty.edn', /cannot be read: the file is empty/],
  ['blank.edn', /nothing but blanks/],
  ['page.html', /HTML page/],
  ['config.yaml', /YAML/],
  ['table.csv', /comma-separated/],
  ['archive.zip', /ZIP archive; unpack it/],
  ['test.jepsen', /Jepsen's own binary format; give the history.edn/],
  ['binary.edn', /binary file/],
  ['results.edn', /result of a checker/],
  ['test.edn', /it is EDN, but no history that is known here/],
  ['other.json', /it is JSON, but no history/],
  ['letter.txt', /it is text, but no history/],
  ['cut.edn.gz', /gzip that cannot be unpacked/],
])('%s is called what it is, and not damaged', (file, sentence) => {
  expect(() => judgeRun(join(root, 'refused', file))).toThrow(sentence)
  expect(() => judgeRun(join(root, 'refused', file))).toThrow(/ARTIFACT_UNREADABLE/)
})

test.each([
  ['deep.edn', /cannot be read at line 1: a value is nested more than 1000 levels deep/],
  ['deep.json', /line 1: a value is nested more than 1000 levels deep/],
  ['deep.txt', /line 1: a value is nested more than 1000 levels deep/],
  ['badutf8.edn', /line 1: it has bytes that are not UTF-8/],
  ['half.edn', /UTF-16 with half a character/],
  ['stray-end.edn', /line 3: process 3 ends a write that it has not begun/],
])('%s is refused with its line', (file, sentence) => {
  expect(() => judgeRun(join(root, 'refused', file))).toThrow(sentence)
  expect(() => judgeRun(join(root, 'refused', file))).toThrow(/HISTORY_CORRUPT/)
})

test.each(filesOf('refused'))('%s is refused by an error that says so', (file) => {
  expect(() => judgeRun(join(root, 'refused', file))).toThrow(HarnessError)
})

test("a folder of Jepsen's store gives the history of each run, whatever lies around it", () => {
  const store = join(root, 'valid', 'store')
  for (const folder of [store, join(store, 'etcd')]) {
    const { verdict, histories } = judgeRun(folder)
    expect([verdict, histories.map(({ path }) => path.replace(dirname(store), ''))]).toEqual([
      'valid',
      [
        join(sep, 'store/etcd/20260101T000000.000Z/history.edn'),
        join(sep, 'store/etcd/20260102T000000.000Z/history.txt'),
      ],
    ])
  }
  expect(judgeRun(join(store, 'etcd', '20260101T000000.000Z')).histories).toHaveLength(1)
})

describe('what cannot be told from a history can be said', () => {
  const verdictOf = (file: string, by: Parameters<typeof judgeRun>[1]) => judgeRun(join(root, file), by).verdict

  test('--keyed and --no-keyed', () => {
    expect(verdictOf('unknown/keyed-or-not.edn', { keyed: true })).toBe('valid')
    expect(verdictOf('unknown/keyed-or-not.edn', { keyed: false })).toBe('invalid')
    expect(verdictOf('valid/keyed-tagged.edn', { keyed: false })).toBe('invalid')
    expect(() => judgeRun(join(root, 'valid/crlf.edn'), { keyed: true })).toThrow(/no \[key value\]/)
  })

  test('--initial', () => {
    expect(verdictOf('unknown/begins-at-zero.edn', { initial: 0 })).toBe('valid')
    expect(verdictOf('unknown/begins-at-zero.edn', { initial: null })).toBe('invalid')
    expect(verdictOf('unknown/begins-at-zero.edn', { initial: 1 })).toBe('invalid')
    expect(verdictOf('unknown/keyed-begins-at-zero.edn', { initial: 0 })).toBe('valid')
    expect(verdictOf('valid/counter.edn', { initial: 7 })).toBe('invalid')
  })

  test('a guess is told as one', () => {
    const [guessed] = judgeRun(join(root, 'valid/keyed-two-keys.edn')).histories
    expect(guessed?.notes).toEqual([expect.stringMatching(/^guessed: each value is the \[key value\].*--no-keyed/)])
    expect(judgeRun(join(root, 'valid/keyed-tagged.edn')).histories[0]?.notes).toEqual([])
  })
})
