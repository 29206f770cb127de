import { describe, expect, test } from 'vitest'
import { History } from '../history/history.ts'
import { judgeHistory } from './checkers.ts'
import type { Check } from './named.ts'
import { checkNamed } from './options.ts'

describe('a check that types do not reach', () => {
  test.each([
    ['losesNothign', {}, /no checker "losesNothign"\. Did you mean "losesNothing"\? There are: .*BAD_USAGE/],
    ['zzzzzzzzzzzzzzzzzzzzzzzz', {}, /no checker "z+"\. There are: losesNothing.*BAD_USAGE/],
    ['toString', {}, /no checker "toString".*BAD_USAGE/],
    ['__proto__', {}, /no checker "__proto__".*BAD_USAGE/],
    ['losesNothing', { tabel: 'x' }, /losesNothing has no option "tabel"\. Did you mean "table"\?.*BAD_USAGE/],
    ['converges', { kinds: ['put'] }, /converges has no option "kinds".*BAD_USAGE/],
    ['converges', JSON.parse('{"__proto__": "x"}'), /has no option "__proto__".*BAD_USAGE/],
    ['converges', { constructor: 'x' }, /has no option "constructor".*BAD_USAGE/],
    ['losesNothing', { nodes: 'n1' }, /nodes of losesNothing must be a list of texts, not "n1".*BAD_USAGE/],
    ['losesNothing', { nodes: [1] }, /nodes of losesNothing must be a list of texts.*BAD_USAGE/],
    ['losesNothing', { table: null }, /table of losesNothing must be a text, not null.*BAD_USAGE/],
    ['availability', { withinMs: '100' }, /withinMs of availability must be a number of at least 0.*BAD_USAGE/],
    ['availability', { withinMs: Number.NaN }, /withinMs of availability must be a number.*BAD_USAGE/],
    ['linearizable', { model: 'kvs' }, /model of linearizable must be one of register, .*kv, not "kvs".*BAD_USAGE/],
    ['losesNothing', null, /options of losesNothing must be an object.*BAD_USAGE/],
    ['losesNothing', ['rows'], /options of losesNothing must be an object.*BAD_USAGE/],
    ['losesNothing', 'rows', /options of losesNothing must be an object.*BAD_USAGE/],
  ])('%s %j is refused, and the nearest right one is named', (checker, options, sentence) => {
    expect(() => checkNamed(checker, options)).toThrow(sentence)
    expect(() => judgeHistory(new History(), [{ checker, options } as unknown as Check])).toThrow(sentence)
  })

  test('what the types allow is let through, undefined as absent', () => {
    expect(checkNamed('losesNothing', undefined)).toEqual({ checker: 'losesNothing' })
    const options = { table: 'rows', nodes: ['n1'], kinds: undefined }
    expect(checkNamed('losesNothing', options)).toEqual({ checker: 'losesNothing', options })
    expect(checkNamed('linearizable', { model: 'kv', timeBudgetMs: 10 }).checker).toBe('linearizable')
  })
})
