import { expect, test } from 'vitest'
import { parseDuration } from './duration.ts'

test.each([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['8h', 28_800_000],
  ['3d', 259_200_000],
  ['0s', undefined],
  ['8', undefined],
  ['8 h', undefined],
  ['1.5h', undefined],
  ['', undefined],
  ['s', undefined],
  [' 1s', undefined],
  ['0x10s', undefined],
  ['1e3s', undefined],
  ['-1s', undefined],
  ['365d', 31_536_000_000],
  ['366d', undefined],
  ['99999999999999999999d', undefined],
])('"%s" is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})
