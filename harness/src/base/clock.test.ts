import { expect, test } from 'vitest'
import { after, nowMs } from './clock.ts'

test('now is the time of day with a fraction, and never steps back', () => {
  expect(Math.abs(nowMs() - Date.now())).toBeLessThan(1_000)
  const readings = Array.from({ length: 1_000 }, nowMs)
  expect(readings).toEqual(readings.toSorted((a, b) => a - b))
  expect(readings.some((reading) => !Number.isInteger(reading))).toBe(true)
})

test('after() resolves after so long, and not before', async () => {
  const startedAt = nowMs()
  await after(20)
  expect(nowMs() - startedAt).toBeGreaterThanOrEqual(19)
})

test('an aborted after() resolves at once, also when it was aborted before it began', async () => {
  const startedAt = nowMs()
  const ended = new AbortController()
  const waiting = after(60_000, ended.signal)
  ended.abort()
  await waiting
  await after(60_000, ended.signal)
  expect(nowMs() - startedAt).toBeLessThan(5_000)
})
