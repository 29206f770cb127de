import { expect, test } from 'vitest'
import { History } from '../history/history.ts'
import type { Operation } from '../history/operation.ts'
import { judgeHistory } from './checkers.ts'
import { checkers } from './named.ts'
import { checkNamed } from './options.ts'

const count = 100_000
const observed = ['rows', 'digest', 'counter', 'blobs', 'elements', 'count', 'transactions']

/** Operations of every kind on `keys` keys, and readings of every kind that list them all. */
function large(keys: number): History {
  const kinds = ['insert', 'add', 'update', 'delete', 'transaction']
  const operations = Array.from({ length: count }, (_, at): Operation => {
    const key = `r${Math.floor(at / kinds.length) % keys}`
    const kind = kinds[at % kinds.length] as string
    const value = kind === 'add' ? 1 : { transaction: key, size: 2, sha256: key, text: 'x'.repeat(40) }
    return {
      id: at,
      client: 'c1',
      node: 'n1',
      kind,
      table: 't',
      key,
      value,
      startedAtMs: at,
      endedAtMs: at + 0.5,
      outcome: 'ok',
    }
  })
  const rows = Array.from({ length: keys }, (_, at) => ({ key: `r${at}`, value: { text: 'another' } }))
  const observations = ['n1', 'n2', 'n3'].flatMap((node) =>
    observed.map((what) => ({ atMs: count, node, what, table: 't', value: what === 'digest' ? node : rows })),
  )
  return new History({ operations, observations })
}

// A checker that compared each operation with each other would take minutes; 5 000 ms of processor time are ten times what they need.
test.each(Object.keys(checkers))('%s judges 100 000 operations in one pass, on one hot key or on many', (checker) => {
  for (const keys of [1, count / 5]) {
    const history = large(keys)
    const before = process.threadCpuUsage()
    judgeHistory(history, [checkNamed(checker, {})])
    const { user, system } = process.threadCpuUsage(before)
    expect((user + system) / 1_000).toBeLessThan(5_000)
  }
})

test('a reading of the wrong shape is a doubt, never a crash and never a pass', () => {
  for (const value of [undefined, null, 7, 'text', {}, [], [null, 7, 'text', {}]]) {
    const operations = large(1).operations.slice(0, 50)
    const observations = ['n1', 'n2'].flatMap((node) =>
      observed.filter((what) => what !== 'digest').map((what) => ({ atMs: count, node, what, table: 't', value })),
    )
    const verdicts = judgeHistory(
      new History({ operations, observations }),
      Object.keys(checkers).map((checker) => checkNamed(checker, {})),
    )
    for (const checker of ['losesNothing', 'countsExactly', 'equalBlobs', 'noTornTransaction']) {
      const verdict = verdicts.find((each) => each.checker === checker)
      expect(verdict?.verdict, `${checker} on ${JSON.stringify(value)}: ${verdict?.found}`).not.toBe('valid')
    }
  }
})
