import { clusterTest as test } from '@breakwater/harness/vitest'
import { beforeAll, expect } from 'vitest'

beforeAll(() => {
  throw new Error('the fixture of the file could not be made')
})
test('ZZ-3 a guard whose file-level beforeAll throws', { tags: ['gate'] }, async () => {
  expect(1, 'one').toBe(2)
})
