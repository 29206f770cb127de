import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CgroupMemory } from './cgroup.ts'

const hasMemoryGroup = existsSync('/sys/fs/cgroup/memory') || existsSync('/sys/fs/cgroup/cgroup.controllers')

test.runIf(hasMemoryGroup)('the group of a running process is read when it can be seen', () => {
  const reading = CgroupMemory.of(process.pid)?.read()
  // In the root group of version 2, and in a container without the host's groups, there is nothing to read.
  if (reading === undefined) return expect(CgroupMemory.of(process.pid)).toBeUndefined()
  expect(reading.peakBytes).toBeGreaterThanOrEqual(reading.fileBytes)
  expect(reading.currentBytes).toBeGreaterThan(0)
  expect(reading.anonymousBytes).toBeGreaterThan(0)
})

test('a process that is gone has no group', () => {
  expect(CgroupMemory.of(2 ** 22 + 1)).toBeUndefined()
})
