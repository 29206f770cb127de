import { expect, test } from 'vitest'
import { nowMs } from '../base/clock.ts'
import type { Canary, HostReading } from '../probe/canary.ts'
import { hostWhileWaiting } from './hostWhileWaiting.ts'

const calm: HostReading = { longestStallMs: 20, readingCount: 100, runnablePerCore: 1 }
const starved: HostReading = { ...calm, runnablePerCore: 8 }
const spent = (waitedMs: number) => ({ message: 'n1 never came [BUDGET_SPENT]', code: 'BUDGET_SPENT', waitedMs })

/** A host that was starved in its last so many ms, and calm before. */
const host = (starvedMs: number) => async () =>
  ({
    between: async (fromMs: number, toMs: number) => (toMs - fromMs <= starvedMs + 1 ? starved : calm),
  }) as unknown as Canary
const judge = (errors: Parameters<typeof hostWhileWaiting>[0], starvedMs: number) =>
  hostWhileWaiting(errors, { beganAtMs: nowMs() - 60_000, host: host(starvedMs) })

test('each wait is held against the host during that wait', async () => {
  expect(await judge([spent(5_000)], 5_000)).toMatch(/^the host was starved: 8\.0/)
  expect(await judge([spent(9_000)], 5_000)).toBeUndefined()
  expect(await judge([spent(5_000), spent(9_000)], 5_000)).toBeUndefined()
})

test('a guard that ran out of time, against the host since it began', async () => {
  const late = { message: 'Test timed out in 60000ms.' }
  expect(await judge([late], 5_000)).toBeUndefined()
  expect(await judge([late], 70_000)).toMatch(/starved/)
})

test('nothing is asked of a guard that passed or failed by something else', async () => {
  const nobody = () => Promise.reject(new Error('nobody must ask'))
  expect(await hostWhileWaiting([], { beganAtMs: 0, host: nobody })).toBeUndefined()
  const assertion = { message: 'expected 1 to be 2' }
  expect(await hostWhileWaiting([spent(1), assertion], { beganAtMs: 0, host: nobody })).toBeUndefined()
})

test('a host that nobody watched excuses nothing', async () => {
  const gone = () => Promise.reject(new Error('no canary'))
  expect(await hostWhileWaiting([spent(1_000)], { beganAtMs: 0, host: gone })).toBeUndefined()
})
