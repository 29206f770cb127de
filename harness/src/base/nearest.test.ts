import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const known = ['PEER-1', 'PEER-10', 'receiveBacklog', 'reconnectStorm']

test.each([
  ['recieveBacklog', 'receiveBacklog'],
  ['RECEIVEBACKLOG', 'receiveBacklog'],
  ['reconectStrom', 'reconnectStorm'],
  ['PEER-100', 'PEER-10'],
  ['PER-1', 'PEER-1'],
])('%s is taken for %s', (typed, name) => {
  expect(nearest(typed, known)).toBe(name)
})

test('what is near to nothing gets no suggestion', () => {
  expect(nearest('zzzzzzzz', known)).toBeUndefined()
  expect(nearest('PEER-1', [])).toBeUndefined()
})
