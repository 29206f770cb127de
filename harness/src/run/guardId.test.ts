import { expect, test } from 'vitest'
import { folderNameOf, guardIdOf } from './guardId.ts'

test.each([
  ['PEER-1 a receiver bounds its backlog', 'PEER-1'],
  ['PEER-12b over two links', 'PEER-12b'],
  ['SAMPLE-6', 'SAMPLE-6'],
  ['a title without an id', 'a title without an id'],
  ['peer-1 in small letters', 'peer-1 in small letters'],
  ['PEER-1: a colon is no space', 'PEER-1: a colon is no space'],
  ['see PEER-1', 'see PEER-1'],
])('the id of "%s" is "%s"', (title, id) => {
  expect(guardIdOf(title)).toBe(id)
})

test('an id as a folder name holds nothing that a shell or a file system could mind', () => {
  expect(folderNameOf('PEER-1b')).toBe('PEER-1b')
  expect(folderNameOf('rows / arrive: "in order"')).toBe('rows-arrive-in-order-')
  expect(folderNameOf('../../etc')).toBe('-etc')
  expect(folderNameOf('x'.repeat(300))).toHaveLength(60)
})
