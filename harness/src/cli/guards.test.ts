import { expect, test } from 'vitest'
import type { TestSpecification } from 'vitest/node'
import { guardIdOf } from '../run/guardId.ts'
import { type Guard, selectGuards } from './guards.ts'

const guard = (title: string, file: string, gate = true): Guard => ({
  id: guardIdOf(title),
  title,
  file: `integrationTests/${file}`,
  gate,
  testId: title,
  // Choosing looks at words only.
  specification: undefined as unknown as TestSpecification,
})

const guards = [
  guard('PEER-1 a receiver bounds its backlog', 'backpressure/receiveBacklog.test.ts'),
  guard('PEER-1b the bound holds for two senders', 'backpressure/receiveBacklog.test.ts', false),
  guard('PEER-2 a failed blob save is repaired', 'containment/blobSaveRejection.test.ts'),
  guard('PEER-10 a delete stays deleted', 'recovery/deleteStaysDeleted.test.ts'),
  guard('STORE-1 an upload survives a crash', 'recovery/upload.test.ts'),
  guard('rows arrive in their order', 'replication/order.test.ts', false),
]
const chosen = (...words: string[]) => selectGuards(guards, words).map((each) => each.id)

test.each([
  [['PEER-2'], ['PEER-2']],
  [['PEER-1'], ['PEER-1', 'PEER-1b']],
  [['peer-1b'], ['PEER-1b']],
  [['PEER-10'], ['PEER-10']],
  [['PEER'], ['PEER-1', 'PEER-1b', 'PEER-2', 'PEER-10']],
  [['STORE'], ['STORE-1']],
])('%s means %s by id', (words, ids) => {
  expect(chosen(...words)).toEqual(ids)
})

test.each([
  [['blobSave'], ['PEER-2']],
  [['RECOVERY/'], ['PEER-10', 'STORE-1']],
  [['two senders'], ['PEER-1b']],
  [['stays'], ['PEER-10']],
  [['rows arrive in their order'], ['rows arrive in their order']],
])('%s means %s by a word of the file or the title', (words, ids) => {
  expect(chosen(...words)).toEqual(ids)
})

test('without a word it is the gate', () => {
  expect(chosen()).toEqual(['PEER-1', 'PEER-2', 'PEER-10', 'STORE-1'])
})

test('several words add up, each guard once and in the order of the list', () => {
  expect(chosen('STORE-1', 'recovery', 'PEER-2')).toEqual(['PEER-2', 'PEER-10', 'STORE-1'])
})

test.each([
  ['PEER-99', /^No guard has the id or the word "PEER-99"; did you mean "PEER-[12]"\? List them/],
  ['recieveBacklog', /did you mean "receiveBacklog"\?/],
  [
    'zzzzzzzzzzzz',
    /^No guard has the id or the word "zzzzzzzzzzzz"\. List them with: npm run suite -- --list \[BAD_USAGE\]$/,
  ],
])('an unknown word is refused with the nearest name: %s', (word, message) => {
  expect(() => selectGuards(guards, [word])).toThrow(message)
  expect(() => selectGuards(guards, ['PEER-1', word])).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }))
})

test('an empty word, as an unset variable of a script leaves it, asks for nothing and is refused', () => {
  expect(() => selectGuards(guards, [''])).toThrow(/not by ""\. \[BAD_USAGE\]$/)
})

test('exact takes a word as a whole id, and nothing else', () => {
  expect(selectGuards(guards, ['PEER-1'], { exact: true }).map((each) => each.id)).toEqual(['PEER-1'])
  expect(() => selectGuards(guards, ['PEER'], { exact: true })).toThrow('No guard has the id or the word "PEER"')
})
