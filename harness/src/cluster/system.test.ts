import { expect, test } from 'vitest'
import { commandFor } from './system.ts'

const standard = ['node', 'main.ts']

test('a system is started by its own command unless the environment names another', () => {
  expect(commandFor('peer', standard, {})).toBe(standard)
  expect(commandFor('peer', standard, { BREAKWATER_ECHO_COMMAND: 'other' })).toBe(standard)
})

test('a build of the user comes in by environment, split at spaces', () => {
  const env = { BREAKWATER_PEER_COMMAND: '  ./peer   --data\tx ' }
  expect(commandFor('peer', standard, env)).toEqual(['./peer', '--data', 'x'])
})

test.each(['', '   '])('a variable that is set to nothing (%j) changes nothing', (empty) => {
  expect(commandFor('peer', standard, { BREAKWATER_PEER_COMMAND: empty })).toBe(standard)
})
