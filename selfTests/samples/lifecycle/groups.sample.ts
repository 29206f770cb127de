import { clusterTest as test } from '@breakwater/harness/vitest'
import { afterAll, beforeEach, describe, expect } from 'vitest'

describe('an outer group', () => {
  afterAll(() => {
    throw new Error('the outer teardown failed')
  })
  describe('an inner group', () => {
    test('ZZ-16 a guard of two groups', async () => {
      expect(1, 'one').toBe(1)
    })
    test('ZZ-17 a guard that fails in two groups', async () => {
      expect(1, 'one').toBe(2)
    })
  })
})

describe('a group that prepares each', () => {
  beforeEach(() => {
    throw new Error('nothing could be prepared')
  })
  test('ZZ-18 a guard whose beforeEach throws', async () => {
    expect(1, 'one').toBe(1)
  })
})
