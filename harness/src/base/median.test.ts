import { expect, test } from 'vitest'
import { median } from './median.ts'

test.each([
  [[], 0],
  [[4], 4],
  [[9, 1], 5],
  [[9, 1, 2], 2],
])('the median of %j is %d', (values, middle) => {
  expect(median(values)).toBe(middle)
})
