import { expect, test } from 'vitest'
import { HarnessError, Inconclusive, messageOf } from './errors.ts'

test('the message of a harness error ends with its code, which tools read from the error itself', () => {
  const cause = new Error('EACCES')
  const error = new HarnessError('PORT_TAKEN', '127.0.0.1:9000 is in use.', { cause })
  expect(error.message).toBe('127.0.0.1:9000 is in use. [PORT_TAKEN]')
  expect(error).toMatchObject({ code: 'PORT_TAKEN', name: 'HarnessError', cause })
  expect(error).toBeInstanceOf(Error)
})

test('a missing witness has a class and a code of its own', () => {
  const error = new Inconclusive('Nothing was read.')
  expect(error.message).toBe('Nothing was read. [INCONCLUSIVE]')
  expect(error).toMatchObject({ code: 'INCONCLUSIVE', name: 'Inconclusive' })
  expect(error).toBeInstanceOf(HarnessError)
})

test('whatever was thrown has a message', () => {
  expect(messageOf(new TypeError('no'))).toBe('no')
  expect(messageOf('a word')).toBe('a word')
  expect(messageOf(undefined)).toBe('undefined')
})
