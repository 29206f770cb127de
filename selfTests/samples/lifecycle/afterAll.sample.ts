import { clusterTest as test } from '@breakwater/harness/vitest'
import { afterAll, describe, expect } from 'vitest'

describe('a group', () => {
  afterAll(() => {
    throw new Error('the teardown found a leak')
  })
  test('ZZ-4 a guard whose afterAll throws', { tags: ['gate'] }, async () => {
    expect(1, 'one').toBe(1)
  })
})
