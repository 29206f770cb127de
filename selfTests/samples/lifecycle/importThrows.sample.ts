import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'

if (process.env.VITEST) throw new Error('the constants of this file could not be read')

test('ZZ-15 a guard whose file throws when it is loaded', { tags: ['gate'] }, async () => {
  expect(1, 'one').toBe(1)
})
