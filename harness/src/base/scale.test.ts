import { afterEach, expect, test } from 'vitest'
import { readScale, scaleVariable, sized } from './scale.ts'

const before = process.env[scaleVariable]

afterEach(() => {
  if (before === undefined) delete process.env[scaleVariable]
  else process.env[scaleVariable] = before
})

test('a size is that of the gate until the runner says full', () => {
  delete process.env[scaleVariable]
  expect(sized({ gate: 20, full: 300 })).toBe(20)
  process.env[scaleVariable] = 'full'
  expect(sized({ gate: 20, full: 300 })).toBe(300)
})

test('a scale that there is not is refused in a sentence', () => {
  expect(() => readScale({ [scaleVariable]: 'huge' })).toThrow('must be one of gate, full, not "huge"')
})
