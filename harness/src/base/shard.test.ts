import { expect, test } from 'vitest'
import { numbersOf, shownShard } from './shard.ts'

test('the shards of an exploration have each of its runs once', () => {
  for (const count of [1, 3, 10]) {
    const all = Array.from({ length: count }, (_, at) => numbersOf(25, { index: at + 1, count })).flat()
    expect(all.toSorted((a, b) => a - b)).toEqual(numbersOf(25))
  }
  expect(numbersOf(7, { index: 3, count: 3 })).toEqual([3, 6])
  expect(numbersOf(2, { index: 3, count: 3 })).toEqual([])
})

test('a shard is shown as it is asked for', () => {
  expect(shownShard({ index: 3, count: 10 })).toBe('3/10')
})
