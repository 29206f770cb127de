import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { History } from '../history/history.ts'
import type { Operation } from '../history/operation.ts'
import { readJournal } from '../history/readJournal.ts'
import { judgeHistory as judgeTyped } from './checkers.ts'
import { checkers } from './named.ts'
import { checkNamed } from './options.ts'
import type { Verdict } from './verdict.ts'

/** Each history is named for the checker that must accept or refuse it, and begins with the verdict to reach. */
const root = join(import.meta.dirname, '../../../fixtures/histories')
const saved = globSync('*/*.jsonl', { cwd: root })
  .sort()
  .map((file) => {
    const expected = { good: 'valid', bad: 'invalid', unknown: 'unknown' }[
      basename(file, '.jsonl').split('-')[0] as string
    ]
    return { file, checker: dirname(file), expected, options: optionsOf(dirname(file)) }
  })
/** What a checker must be told before it claims anything; others get their defaults. */
function optionsOf(checker: string): object {
  const path = join(root, checker, 'options.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : {}
}
const names = Object.keys(checkers)
/** By names from the file system, as a saved run is judged. */
function judgeHistory(history: History, checks: readonly { checker: string; options?: object }[]): Verdict[] {
  return judgeTyped(
    history,
    checks.map(({ checker, options }) => checkNamed(checker, options)),
  )
}
const everyCheck = names.map((checker) => ({ checker }))

describe.each(names)('%s', (checker) => {
  test.each(['valid', 'invalid', 'unknown'])('has saved histories that it finds %s', (expected) => {
    const files = saved.filter((each) => each.checker === checker && each.expected === expected)
    expect(files.map((each) => each.file)).not.toEqual([])
  })

  test('knows nothing of an empty history, complete or not', () => {
    for (const complete of [true, false]) {
      const [verdict] = judgeHistory(new History({ complete }), [{ checker }])
      expect(verdict).toMatchObject({ checker, verdict: 'unknown' })
      expect(new Set(Object.values(verdict?.witness ?? { none: 1 }))).toEqual(new Set([0]))
    }
  })

  test('accepts nothing on the evidence of readings alone, or of operations alone', () => {
    const accepted = saved
      .filter((each) => each.checker === checker && each.expected === 'valid')
      .flatMap(({ file, options }) => {
        const { operations, observations } = readJournal(join(root, file))
        const parts = [new History({ operations: operations.filter(ofOthers(checker)) }), new History({ observations })]
        return parts.map((history) => ({ file, history, options }))
      })
      .filter(({ history, options }) => judgeHistory(history, [{ checker, options }])[0]?.verdict === 'valid')
    // Rows read on two nodes are a witness of their own for equality: there was something to be equal.
    expect(accepted.map(({ file }) => file)).toEqual(checker === 'converges' ? ['converges/good-by-rows.jsonl'] : [])
  })
})

/** What these checkers read is in the operations: without the answers there is no evidence. */
const readingOperations = ['linearizable', 'staysOrdered', 'staleness', 'availability']

function ofOthers(checker: string): (each: Operation) => boolean {
  if (!readingOperations.includes(checker)) return () => true
  const answers = checker === 'availability' ? () => true : (kind: string) => ['read', 'cas', 'add'].includes(kind)
  return ({ kind, outcome }) => outcome !== 'ok' || !answers(kind)
}

/** What breaks two promises at once. */
const alsoRefused: Record<string, readonly string[]> = {
  // Its digests are equal over rows that differ.
  'losesNothing/bad-one-node-behind-equal-digests.jsonl': ['converges'],
}

describe('a saved history', () => {
  test.each(saved)('$file is $expected, and no other checker refuses it', ({ file, checker, expected, options }) => {
    const checks = everyCheck.map((each) => (each.checker === checker ? { ...each, options } : each))
    const verdicts = judgeHistory(readJournal(join(root, file)), checks)
    const own = verdicts.find((each) => each.checker === checker)
    expect(own, own?.found).toMatchObject({ verdict: expected })
    const refusing = verdicts.filter((each) => each.verdict === 'invalid').map((each) => each.checker)
    expect(new Set(refusing)).toEqual(new Set(expected === 'invalid' ? [checker, ...(alsoRefused[file] ?? [])] : []))
  })

  test.each(saved.filter((each) => each.expected === 'valid'))('$file without its end proves nothing', (each) => {
    const { operations, observations, events } = readJournal(join(root, each.file))
    const [verdict] = judgeHistory(new History({ operations, observations, events, complete: false }), [each])
    expect(verdict).toMatchObject({ verdict: 'unknown', found: expect.stringContaining('has no end') })
  })

  test.each(saved.filter((each) => each.expected === 'invalid'))('$file is refused with its offenders', (each) => {
    const [verdict] = judgeHistory(readJournal(join(root, each.file)), [each])
    expect(verdict?.offenders?.length).toBeGreaterThan(0)
    expect(verdict?.found).toMatch(/\bn\d\b.*\.$/)
  })
})

test('each acknowledged row is ok, stale, lost or never read: its worst on any node', () => {
  const classes = (file: string) => {
    const [verdict] = judgeHistory(readJournal(join(root, 'losesNothing', file)), [{ checker: 'losesNothing' }])
    const { keysOk, keysStale, keysAltered, keysLost, keysNeverRead } = verdict?.witness ?? {}
    const faults = verdict?.offenders?.map((each) => (each as { fault: string }).fault) ?? []
    return [[keysOk, keysStale, keysAltered, keysLost, keysNeverRead], [...new Set(faults)]]
  }
  expect(classes('good.jsonl')).toEqual([[5, 0, 0, 0, 0], []])
  expect(classes('bad-never-read.jsonl')).toEqual([[2, 0, 0, 0, 1], ['neverRead']])
  expect(classes('bad-read-once-then-lost.jsonl')).toEqual([[2, 0, 0, 1, 0], ['lost']])
})
