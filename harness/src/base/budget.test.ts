import { expect, test } from 'vitest'
import { budget } from './budget.ts'

test('a budget carries its name, limit, unit and source', () => {
  expect(budget('failover', 10_000, 'ms', 'the failover promise')).toEqual({
    name: 'failover',
    limit: 10_000,
    unit: 'ms',
    source: 'the failover promise',
  })
})

test.each([0, -1, Number.NaN])('a limit of %s bounds nothing and is refused by name', (limit) => {
  expect(() => budget('failover', limit, 'ms', 'nowhere')).toThrow(`budget failover must be above 0, not ${limit}`)
})
