/** Histories made to mislead a checker: of the kinds in fixtures/histories/edges, in short form. Times are ms. */
import { expect, test } from 'vitest'
import { History } from '../history/history.ts'
import type { Operation, Outcome } from '../history/operation.ts'
import { judgeHistory } from './checkers.ts'
import { checkNamed } from './options.ts'

let lastId = 0
function did(kind: string, key: unknown, value: unknown, [from, to]: [number, number], outcome: Outcome = 'ok') {
  const asked = { id: ++lastId, client: 'c1', node: 'n1', kind, startedAtMs: from, endedAtMs: to, outcome }
  return { ...asked, ...(key === undefined ? {} : { key }), ...(value === undefined ? {} : { value }) } as Operation
}
const info = (kind: string, key: unknown, value: unknown, times: [number, number]) =>
  did(kind, key, value, times, 'info')
const by = (client: string, operation: Operation, node = 'n1'): Operation => ({ ...operation, client, node })
const saw = (node: string, what: string, value: unknown, atMs = 100) => ({ node, what, value, atMs })
const row = (key: unknown, value: unknown) => ({ key, value })
const sha = 'ab'.repeat(32)
const put = did('put', 'a', 1, [0, 10])
const add = (amount: unknown, times: [number, number] = [0, 10]) => did('add', 'c', amount, times)
const add1 = (times: [number, number]) => did('add', 'a', 1, times)
const inRows = (operation: Operation): Operation => ({ ...operation, table: 'rows' })
const appended = (value: string, times: [number, number]) => did('append', undefined, value, times)
const part = (key: string, transaction: unknown, size: unknown = 2) => row(key, { transaction, size })
const both = (transaction: unknown, times: [number, number], outcome: Outcome = 'ok') =>
  did('transaction', undefined, { rows: [part('x', transaction), part('y', transaction)] }, times, outcome)

type Case = [string, string, 'valid' | 'invalid' | 'unknown', readonly Operation[], readonly object[], object?]
const cases: Case[] = [
  [
    'converges',
    'undefined digests are no digests',
    'unknown',
    [put],
    [saw('n1', 'digest', undefined), saw('n2', 'digest', undefined)],
  ],
  [
    'converges',
    'null digests are no digests',
    'unknown',
    [put],
    [saw('n1', 'digest', null), saw('n2', 'digest', null)],
  ],
  ['converges', 'empty listings are equal', 'valid', [put], [saw('n1', 'rows', []), saw('n2', 'rows', [])]],
  [
    'converges',
    'a field __proto__ differs',
    'invalid',
    [put],
    [saw('n1', 'rows', [row('a', JSON.parse('{"__proto__":{}}'))]), saw('n2', 'rows', [row('a', {})])],
  ],
  [
    'converges',
    'a key toString is missing',
    'invalid',
    [put],
    [saw('n1', 'rows', [row('toString', 1)]), saw('n2', 'rows', [])],
  ],
  [
    'converges',
    'key 1 on one and "1" on the other may be one',
    'unknown',
    [put],
    [saw('n1', 'rows', [row(1, 'x')]), saw('n2', 'rows', [row('1', 'x')])],
  ],
  [
    'converges',
    'a doubled row on both is equal',
    'valid',
    [put],
    [saw('n1', 'rows', [row('a', 1), row('a', 2)]), saw('n2', 'rows', [row('a', 2), row('a', 1)])],
  ],
  [
    'converges',
    'an undecided write lands between two looks',
    'unknown',
    [put, info('put', 'b', 1, [20, 30])],
    [saw('n1', 'rows', [row('a', 1)]), saw('n2', 'rows', [row('a', 1), row('b', 1)], 200)],
  ],
  [
    'converges',
    'an undecided write of another key explains nothing',
    'invalid',
    [put, info('put', 'z', 1, [20, 30])],
    [saw('n1', 'rows', [row('a', 1)]), saw('n2', 'rows', [], 200)],
  ],
  [
    'converges',
    'digests seen to differ at one time',
    'invalid',
    [put, info('put', 'b', 1, [20, 30])],
    [saw('n1', 'digest', 'x'), saw('n2', 'digest', 'y', 150), saw('n1', 'digest', 'x', 200)],
  ],
  [
    'converges',
    'an unknown kind between two looks',
    'unknown',
    [put, did('compact', undefined, undefined, [120, 150])],
    [saw('n1', 'digest', 'x'), saw('n2', 'digest', 'y', 200)],
  ],
  [
    'converges',
    'a read between two looks explains nothing',
    'invalid',
    [put, did('get', 'a', undefined, [120, 150])],
    [saw('n1', 'digest', 'x'), saw('n2', 'digest', 'y', 200)],
  ],
  [
    'converges',
    'rows before the digests may have become equal',
    'unknown',
    [put],
    [
      saw('n1', 'rows', [row('a', 1)], 50),
      saw('n2', 'rows', [], 50),
      saw('n1', 'digest', 'x'),
      saw('n2', 'digest', 'x'),
    ],
  ],
  [
    'countsExactly',
    'a counter that vanished reads 0',
    'invalid',
    [add(5)],
    [saw('n1', 'counter', { c: 5 }), saw('n1', 'counter', {}, 200)],
  ],
  [
    'countsExactly',
    'a counter that a whole list does not name',
    'invalid',
    [add(5), did('add', 'd', 1, [0, 1]), did('add', 'e', 1, [0, 1])],
    [saw('n1', 'counter', { d: 1, e: 1 })],
  ],
  [
    'countsExactly',
    'a counter that was never read',
    'unknown',
    [add(5), did('add', 'd', 1, [0, 1])],
    [saw('n1', 'counter', { d: 1 })],
  ],
  [
    'countsExactly',
    'an undecided addition begun after the reading',
    'invalid',
    [add(5), info('add', 'c', 3, [150, 160])],
    [saw('n1', 'counter', { c: 8 })],
  ],
  [
    'countsExactly',
    'a sum between that nothing makes',
    'invalid',
    [add(1), info('add', 'c', 4, [20, 30]), info('add', 'c', 6, [20, 30])],
    [saw('n1', 'counter', { c: 6 })],
  ],
  [
    'countsExactly',
    'a sum that two of three make',
    'valid',
    [add(1), info('add', 'c', 4, [20, 30]), info('decrement', 'c', 6, [20, 30]), info('add', 'c', 9, [20, 30])],
    [saw('n1', 'counter', { c: -1 })],
  ],
  [
    'countsExactly',
    'decimal fractions',
    'valid',
    [add(0.1), add(0.2)],
    [saw('n1', 'counter', { c: 0.30000000000000004 })],
  ],
  [
    'countsExactly',
    'decimal fractions that are off',
    'invalid',
    [add(0.1), add(0.2)],
    [saw('n1', 'counter', { c: 0.31 })],
  ],
  [
    'countsExactly',
    'integers above 2^53 as text',
    'invalid',
    [add('9007199254740993')],
    [saw('n1', 'counter', { c: '9007199254740992' })],
  ],
  [
    'countsExactly',
    'large integers that agree',
    'valid',
    [add('9007199254740993')],
    [saw('n1', 'counter', { c: '9007199254740993' })],
  ],
  [
    'countsExactly',
    'a counter called constructor',
    'invalid',
    [did('add', 'constructor', 2, [0, 10])],
    [saw('n1', 'counter', {})],
  ],
  [
    'countsExactly',
    'a counter called __proto__',
    'valid',
    [did('add', '__proto__', 2, [0, 10])],
    [saw('n1', 'counter', JSON.parse('{"__proto__":2}'))],
  ],
  [
    'countsExactly',
    'subtract and decr take away',
    'valid',
    [add(5), did('subtract', 'c', 1, [20, 30]), did('decr', 'c', undefined, [40, 50])],
    [saw('n1', 'counter', { c: 3 })],
  ],
  [
    'countsExactly',
    'an unknown kind on the counter',
    'unknown',
    [add(5), did('reset', 'c', undefined, [20, 30])],
    [saw('n1', 'counter', { c: 0 })],
  ],
  [
    'countsExactly',
    'a cas on the counter',
    'unknown',
    [add(5), did('cas', 'c', [5, 9], [20, 30])],
    [saw('n1', 'counter', { c: 9 })],
  ],
  [
    'countsExactly',
    'an addition whose clock went back',
    'valid',
    [add(5, [100, 90])],
    [saw('n1', 'counter', { c: 5 }, 1_000)],
  ],
  ['countsExactly', 'a counter read as words', 'unknown', [add(5)], [saw('n1', 'counter', { c: 'five' })]],
  ['exactlyOnce', 'keys 1 and "1" are two rows', 'valid', [put], [saw('n1', 'rows', [row(1, 'x'), row('1', 'y')])]],
  [
    'exactlyOnce',
    'a key __proto__ twice',
    'invalid',
    [put],
    [saw('n1', 'rows', [row('__proto__', 1), row('__proto__', 1)])],
  ],
  [
    'exactlyOnce',
    'appended twice and there three times',
    'invalid',
    [did('append', undefined, 'a', [0, 1]), did('append', undefined, 'a', [2, 3])],
    [saw('n1', 'elements', ['a', 'a', 'a'])],
  ],
  [
    'exactlyOnce',
    'an undecided append is there beside its retry',
    'valid',
    [info('append', undefined, 'a', [0, 1]), did('append', undefined, 'a', [2, 3])],
    [saw('n1', 'elements', ['a', 'a'])],
  ],
  [
    'exactlyOnce',
    'equal objects whose fields come in another order',
    'invalid',
    [did('append', undefined, { p: 1, q: 2 }, [0, 1])],
    [
      saw('n1', 'elements', [
        { p: 1, q: 2 },
        { q: 2, p: 1 },
      ]),
    ],
  ],
  [
    'exactlyOnce',
    'a count after a cas that did not hold',
    'invalid',
    [put, { ...did('cas', 'b', [1, 2], [20, 30]), result: false }],
    [saw('n1', 'count', 2)],
  ],
  [
    'exactlyOnce',
    'a count after an unknown kind',
    'unknown',
    [put, did('import', undefined, undefined, [20, 30])],
    [saw('n1', 'count', 7)],
  ],
  ['exactlyOnce', 'a count that is a half', 'unknown', [put], [saw('n1', 'count', 1.5)]],
  [
    'exactlyOnce',
    'a count begun before a later row',
    'valid',
    [put, did('put', 'b', 1, [120, 150])],
    [saw('n1', 'count', 1)],
  ],
  ['exactlyOnce', 'an empty listing', 'unknown', [put], [saw('n1', 'rows', [])]],
  [
    'noTornTransaction',
    'half of a transaction whose other row was overwritten',
    'unknown',
    [both('t', [0, 10]), did('put', 'y', 1, [20, 30])],
    [saw('n1', 'rows', [part('x', 't'), row('y', 1)])],
  ],
  [
    'noTornTransaction',
    'half of a transaction beside an unrelated write',
    'invalid',
    [both('t', [0, 10]), did('put', 'z', 1, [20, 30])],
    [saw('n1', 'rows', [part('x', 't'), row('z', 1)])],
  ],
  [
    'noTornTransaction',
    'one row of a transaction that failed',
    'invalid',
    [both('t', [0, 10]), both('u', [20, 30], 'fail')],
    [saw('n1', 'rows', [part('x', 'u'), part('y', 't')])],
  ],
  [
    'noTornTransaction',
    'failed, then tried again',
    'valid',
    [both('t', [0, 10], 'fail'), both('t', [20, 30])],
    [saw('n1', 'rows', [part('x', 't'), part('y', 't')])],
  ],
  [
    'noTornTransaction',
    'transactions 1 and "1" are two',
    'invalid',
    [both(1, [0, 10])],
    [saw('n1', 'rows', [part('x', 1), part('y', '1')])],
  ],
  [
    'noTornTransaction',
    'a size that is text',
    'invalid',
    [both('t', [0, 10])],
    [saw('n1', 'rows', [part('x', 't', '2')])],
  ],
  [
    'noTornTransaction',
    'null in the short form',
    'unknown',
    [both('t', [0, 10])],
    [saw('n1', 'transactions', { t: null })],
  ],
  [
    'equalBlobs',
    'a blob that was deleted asks for nothing',
    'unknown',
    [did('put', 'k', sha, [0, 10]), did('delete', 'k', undefined, [20, 30])],
    [saw('n1', 'blobs', [])],
  ],
  [
    'equalBlobs',
    'an unknown kind on the blob',
    'unknown',
    [did('put', 'k', sha, [0, 10]), did('expire', 'k', undefined, [20, 30])],
    [saw('n1', 'blobs', [])],
  ],
  [
    'equalBlobs',
    'no checksum was read',
    'unknown',
    [did('put', 'k', { sha256: sha, bytes: 5 }, [0, 10])],
    [saw('n1', 'blobs', [{ key: 'k', bytes: 5 }])],
  ],
  [
    'equalBlobs',
    'a length that differs under the same checksum',
    'invalid',
    [did('put', 'k', { sha256: sha, bytes: 5 }, [0, 10])],
    [saw('n1', 'blobs', [{ key: 'k', sha256: sha, bytes: 4 }])],
  ],
  [
    'equalBlobs',
    'a blob listed twice, once wrong',
    'invalid',
    [did('put', 'k', sha, [0, 10])],
    [
      saw('n1', 'blobs', [
        { key: 'k', sha256: 'cd'.repeat(32) },
        { key: 'k', sha256: sha },
      ]),
    ],
  ],
  [
    'equalBlobs',
    'another blob was acknowledged after the reading',
    'unknown',
    [did('put', 'k', sha, [0, 10]), did('put', 'k', 'cd'.repeat(32), [120, 150])],
    [saw('n1', 'blobs', [{ key: 'k', sha256: sha }])],
  ],
  [
    'availability',
    'idle after a failure',
    'valid',
    [put, did('put', 'a', 1, [15, 20], 'fail'), did('put', 'a', 1, [9_000, 9_010])],
    [],
    { withinMs: 100 },
  ],
  [
    'availability',
    'failures in quick succession are one outage',
    'invalid',
    [put, ...Array.from({ length: 30 }, (_, at) => did('put', 'a', 1, [20 + at * 10, 21 + at * 10], 'fail'))],
    [],
    { withinMs: 100 },
  ],
  [
    'availability',
    'a client that waits beside one that is served',
    'unknown',
    [
      by('c2', put),
      by('c2', info('put', 'a', 1, [20, 900])),
      ...Array.from({ length: 20 }, (_, at) => did('put', 'b', 1, [at * 50, at * 50 + 5])),
    ],
    [],
    { withinMs: 100 },
  ],
  [
    'availability',
    'the same, asked for each client',
    'invalid',
    [
      by('c2', put),
      by('c2', info('put', 'a', 1, [20, 900])),
      ...Array.from({ length: 20 }, (_, at) => did('put', 'b', 1, [at * 50, at * 50 + 5])),
    ],
    [],
    { withinMs: 100, per: 'client' },
  ],
  [
    'availability',
    'the same, asked for the system',
    'valid',
    [
      by('c2', put),
      by('c2', info('put', 'a', 1, [20, 900])),
      ...Array.from({ length: 20 }, (_, at) => did('put', 'b', 1, [at * 50, at * 50 + 5])),
    ],
    [],
    { withinMs: 100, per: 'system' },
  ],
  [
    'availability',
    'a node that never serves',
    'invalid',
    [
      by('c2', put),
      by('c2', did('put', 'a', 1, [20, 900], 'fail'), 'n2'),
      ...Array.from({ length: 20 }, (_, at) => did('put', 'b', 1, [at * 50, at * 50 + 5])),
    ],
    [],
    { withinMs: 100, per: 'node' },
  ],
  [
    'availability',
    'an operation under way when it was judged',
    'invalid',
    [put, info('put', 'a', 1, [20, Number.POSITIVE_INFINITY])],
    [saw('n1', 'rows', [], 5_000)],
    { withinMs: 100 },
  ],
  ...(
    [
      ['losesNothing', [put], saw('n1', 'rows', [], 10)],
      ['neverResurrects', [put, did('delete', 'a', undefined, [20, 30])], saw('n1', 'rows', [row('a', 1)], 30)],
      ['equalBlobs', [did('put', 'k', sha, [0, 10])], saw('n1', 'blobs', [], 10)],
      ['countsExactly', [add(5)], saw('n1', 'counter', { c: 0 }, 10)],
    ] as const
  ).map(
    ([checker, operations, reading]): Case => [
      checker,
      'acknowledged in the millisecond in which the reading began',
      'unknown',
      operations,
      [reading],
    ],
  ),
  ...(
    [
      ['countsExactly', [add(5), add(3, [120, 170])], saw('n1', 'counter', { c: 8 })],
      ['exactlyOnce', [put, did('put', 'b', 1, [120, 170])], saw('n1', 'count', 2)],
      ['exactlyOnce', [appended('a', [0, 1]), appended('a', [120, 170])], saw('n1', 'elements', ['a', 'a'])],
    ] as const
  ).flatMap(([checker, operations, reading]): Case[] => [
    [
      checker,
      'begun while the node was read',
      checker === 'countsExactly' ? 'unknown' : 'valid',
      operations,
      [{ ...reading, endedAtMs: 150 }],
    ],
    [checker, 'begun after the node was read', 'invalid', operations, [reading]],
  ]),
  [
    'converges',
    'changed while the second node was read',
    'unknown',
    [put, did('put', 'b', 1, [220, 280])],
    [saw('n1', 'digest', 'x'), { ...saw('n2', 'digest', 'y', 200), endedAtMs: 250 }],
  ],
  ['exactlyOnce', 'a count begun as a row was acknowledged', 'valid', [put], [saw('n1', 'count', 0, 10)]],
  [
    'countsExactly',
    'one counter after the other behind a list of all',
    'valid',
    [add(5), did('add', 'd', 1, [0, 1])],
    [saw('n1', 'counter', { c: 5, d: 1 }), saw('n1', 'counter', { c: 5 }, 200), saw('n1', 'counter', { d: 1 }, 201)],
  ],
  [
    'countsExactly',
    'one counter behind a list of all',
    'unknown',
    [add(5), did('add', 'd', 1, [0, 1])],
    [saw('n1', 'counter', { c: 5, d: 1 }), saw('n1', 'counter', { d: 1 }, 200)],
  ],
  [
    'converges',
    'a row that came and went between two equal looks at a node',
    'unknown',
    [put, did('put', 'b', 1, [120, 150]), did('delete', 'b', undefined, [170, 180])],
    [saw('n1', 'digest', 'x', 110), saw('n2', 'digest', 'y', 160), saw('n1', 'digest', 'x', 190)],
  ],
  [
    'converges',
    'one node alone, that changed in the quiet',
    'unknown',
    [put],
    [saw('n1', 'digest', 'x'), saw('n1', 'digest', 'y', 200)],
  ],
  [
    'exactlyOnce',
    'rows counted after all were cleared',
    'valid',
    [put, did('put', 'b', 1, [0, 10]), did('clear', undefined, undefined, [20, 30]), did('put', 'a', 2, [40, 50])].map(
      inRows,
    ),
    [{ ...saw('n1', 'count', 1), table: 'rows' }],
  ],
  [
    'exactlyOnce',
    'a row that a clear left',
    'invalid',
    [put, did('put', 'b', 1, [0, 10]), did('clear', undefined, undefined, [20, 30]), did('put', 'a', 2, [40, 50])].map(
      inRows,
    ),
    [{ ...saw('n1', 'count', 2), table: 'rows' }],
  ],
  ...(
    [
      ['an append that is there', 'valid', 'xyz', [did('append', 'a', 'z', [40, 50])]],
      ['an append that is lost', 'invalid', 'xy', [did('append', 'a', 'z', [40, 50])]],
      ['an append that is there twice', 'invalid', 'xyzz', [did('append', 'a', 'z', [40, 50])]],
      ['an append that may have happened', 'valid', 'xy', [info('append', 'a', 'z', [40, 50])]],
      [
        'two appends in either order',
        'valid',
        'xyba',
        [did('append', 'a', 'a', [40, 50]), did('append', 'a', 'b', [45, 50])],
      ],
      [
        'two appends one after the other',
        'invalid',
        'xyba',
        [did('append', 'a', 'a', [40, 50]), did('append', 'a', 'b', [55, 60])],
      ],
      [
        'an append to fields',
        'unknown',
        'xyz',
        [did('update', 'a', { f: 1 }, [40, 50]), did('append', 'a', 'z', [60, 70])],
      ],
      ['a number added to', 'valid', 6, [did('put', 'a', 5, [40, 50]), add1([60, 70])]],
      ['a number added to whose addition is lost', 'invalid', 5, [did('put', 'a', 5, [40, 50]), add1([60, 70])]],
      ['an addition that ended after the reading', 'unknown', 5, [did('put', 'a', 5, [40, 50]), add1([60, 170])]],
    ] as [string, Case[2], unknown, Operation[]][]
  ).map(([what, expected, value, operations]): Case => {
    const before = [did('put', 'a', 'x', [0, 10]), did('append', 'a', 'y', [20, 30])]
    return ['losesNothing', what, expected, [...before, ...operations], [saw('n1', 'rows', [row('a', value)])]]
  }),
  [
    'linearizable',
    'integers above 2^53 beside words on a key that is added to',
    'valid',
    [
      did('put', 'a', 'words', [0, 10]),
      did('put', 'a', '9007199254740993', [20, 30]),
      add1([40, 50]),
      { ...did('get', 'a', undefined, [60, 70]), result: '9007199254740994' },
    ],
    [],
    { model: 'kv' },
  ],
  [
    'linearizable',
    'digits appended and then counted with, as by a system that keeps text',
    'valid',
    [
      did('append', 'a', '4', [0, 10]),
      did('append', 'a', '1', [20, 30]),
      add1([40, 50]),
      { ...did('get', 'a', undefined, [60, 70]), result: '42' },
    ],
    [],
    { model: 'kv' },
  ],
]

test.each(cases)('%s: %s is %s', (checker, _, expected, operations, observations, options = {}) => {
  const history = new History({ operations: [...operations], observations: observations as History['observations'] })
  const [verdict] = judgeHistory(history, [checkNamed(checker, options)])
  expect(verdict?.verdict, verdict?.found).toBe(expected)
})
