import { expect, test } from 'vitest'
import { pickByWeight } from './pickByWeight.ts'
import { Seed } from './seed.ts'

test('items come as often as they weigh, and what weighs nothing never', () => {
  const random = new Seed(71).stream('weights')
  const drawn = Array.from({ length: 4_000 }, () =>
    pickByWeight(random, [['a', 3] as const, ['b', 1] as const, ['c', 0] as const]),
  )
  expect(drawn.filter((item) => item === 'a').length / drawn.length).toBeCloseTo(0.75, 1)
  expect(drawn).not.toContain('c')
})

test('from nothing nothing can be picked', () => {
  expect(() => pickByWeight(new Seed(1).stream('weights'), [])).toThrow('cannot pick from an empty list')
})
