import { expect, test } from 'vitest'
import { agreedOn, shown, textOf } from './digests.ts'

test('nodes agree when those that hold a part say the same of it', () => {
  expect(agreedOn([{ '': 'a' }, { '': 'a' }])).toBe(agreedOn([{ '': 'a' }]))
  expect(agreedOn([{ '': 'a' }, { '': 'b' }])).toBeUndefined()
  const mixed = agreedOn([
    { tables: 'a', s1: '1' },
    { s2: '2', tables: 'a' },
    { tables: 'a', s1: '1', s2: '2' },
  ])
  expect(mixed).toBe(agreedOn([{ s2: '2', s1: '1', tables: 'a' }]))
  expect(
    agreedOn([
      { tables: 'a', s1: '1' },
      { tables: 'a', s1: '9' },
    ]),
  ).toBeUndefined()
})

test('digests are shown short, with the names of their parts', () => {
  expect(shown({ '': '0123456789abcdef' })).toBe('0123456789ab')
  expect(shown({ tables: 'aa', s1: 'bb' })).toBe('tables aa s1 bb')
  expect([textOf({ '': '0123456789abcdef' }), textOf({ tables: 'aa', s1: 'bb' })]).toEqual([
    '0123456789abcdef',
    'tables aa, s1 bb',
  ])
})
