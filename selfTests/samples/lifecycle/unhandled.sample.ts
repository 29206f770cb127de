import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'

test('ZZ-5 a guard that leaves a rejection behind', { tags: ['gate'] }, async () => {
  void Promise.reject(new Error('nobody listens'))
  expect(1, 'one').toBe(1)
})
