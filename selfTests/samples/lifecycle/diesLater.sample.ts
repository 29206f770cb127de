import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'

test('ZZ-12 the first guard of a file', { tags: ['gate'] }, async () => {
  expect(1, 'one').toBe(1)
})
test('ZZ-13 the second, whose process dies', { tags: ['gate'] }, async () => {
  process.kill(process.pid, 'SIGKILL')
  await new Promise(() => {})
})
test('ZZ-14 the third, which never begins', { tags: ['gate'] }, async () => {
  expect(1, 'one').toBe(1)
})
