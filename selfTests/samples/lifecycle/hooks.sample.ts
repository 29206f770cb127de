import { clusterTest as test } from '@breakwater/harness/vitest'
import { beforeAll, describe, expect } from 'vitest'

test('ZZ-1 a guard that passes', { tags: ['gate'] }, async () => {
  expect(1, 'one').toBe(1)
})
describe('a group', () => {
  beforeAll(() => {
    throw new Error('the fixture could not be made')
  })
  test('ZZ-2 a guard whose beforeAll throws', { tags: ['gate'] }, async () => {
    expect(1, 'one').toBe(2)
  })
})
