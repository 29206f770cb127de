import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pace } from './pace.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('clients that are free take as many arrivals as the pace has, however many clients there are', async () => {
  const pace = new Pace(200)
  const ended = new AbortController()
  let taken = 0
  const client = async () => {
    while (!ended.signal.aborted) {
      await pace.next(ended.signal)
      if (!ended.signal.aborted) taken++
    }
  }
  const startedAt = performance.now()
  const clients = Promise.all(Array.from({ length: 8 }, client))
  await vi.advanceTimersByTimeAsync(500)
  ended.abort()
  await clients
  const most = ((performance.now() - startedAt) / 1_000) * 200
  expect(taken).toBeLessThanOrEqual(most + 8)
  expect(taken + pace.missed).toBeGreaterThan(80)
})

test('arrivals that nobody took in time are missed, and not made up for', async () => {
  const pace = new Pace(1_000)
  const never = new AbortController().signal
  await pace.next(never)
  await vi.advanceTimersByTimeAsync(1_300)
  await pace.next(never)
  expect(pace.missed).toBeGreaterThan(200)
  expect(() => new Pace(0)).toThrow('above 0')
})
