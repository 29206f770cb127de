import { expect, test } from 'vitest'
import { formatBytes, formatCount, formatMs, KiB, MiB } from './units.ts'

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1 000'],
  [14_512, '14 512'],
  [1_234_567, '1 234 567'],
  [-1_234, '-1 234'],
  [999.6, '1 000'],
])('%s is counted as %s', (count, shown) => {
  expect(formatCount(count)).toBe(shown)
})

test.each([
  [0, '0.0 ms'],
  [0.26, '0.3 ms'],
  [9.94, '9.9 ms'],
  [10, '10 ms'],
  [180_000, '180 000 ms'],
])('%s ms are shown as %s', (ms, shown) => {
  expect(formatMs(ms)).toBe(shown)
})

test.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [KiB, '1.0 KiB'],
  [1.5 * MiB, '1.5 MiB'],
  [512 * MiB, '512.0 MiB'],
  [2.25 * 1024 * MiB, '2.25 GiB'],
])('%s bytes are shown as %s', (bytes, shown) => {
  expect(formatBytes(bytes)).toBe(shown)
})
