import { expect, test } from 'vitest'
import { HarnessError } from '../base/errors.ts'
import type { Canary, HostReading } from '../probe/canary.ts'
import { troubleOf } from './trouble.ts'

const calm: HostReading = { longestStallMs: 20, readingCount: 100, runnablePerCore: 1.5, stealRatio: 0, load: 'calm' }
const seen: [number, number][] = []
const canary = (reading: HostReading) =>
  ({
    between: async (fromMs: number, toMs: number) => {
      seen.push([fromMs, toMs])
      return reading
    },
  }) as unknown as Canary
const spent = new HarnessError('BUDGET_SPENT', 'Waited 15 s for n1 to take a write.', { waitedMs: 15_000 })
const judge = (by: string, error: unknown, reading: HostReading | undefined) =>
  troubleOf({ by, error, atMs: 20_000 }, reading && canary(reading))

test('a system that does not come back on a calm host is news, also where nobody watched', async () => {
  expect(await judge('liveness', spent, calm)).toBeUndefined()
  expect(await judge('liveness', spent, undefined)).toBeUndefined()
  expect(await judge('liveness', spent, { longestStallMs: 0, readingCount: 0 })).toBeUndefined()
})

test.each<[string, Partial<HostReading>, RegExp]>([
  ['stalled', { longestStallMs: 1_500 }, /^the host stalled for 1[,. ]?500 ms \(calm\)|^the host stalled for 1\.5 s/],
  ['starved', { runnablePerCore: 9 }, /^the host was starved: 9\.0 threads wanted each core/],
  ['robbed', { stealRatio: 0.4 }, /^the hypervisor took 40 %/],
])('the same wait while the host %s is trouble, with the reading', async (_how, reading, words) => {
  seen.length = 0
  const trouble = await judge('liveness', spent, { ...calm, ...reading })
  expect(trouble).toMatchObject({ by: 'liveness', message: expect.stringContaining('[BUDGET_SPENT]') })
  expect(trouble?.host).toMatch(words)
  // Of the wait itself, and of nothing else.
  expect(seen).toEqual([[5_000, 20_000]])
})

test('a fault that could not be opened or healed is trouble, and so is a first start that takes too long', async () => {
  const silent = new HarnessError('FAULT_FAILED', 'n1 did not answer within 2 000 ms when asked to arm f1.')
  const late = new HarnessError('NODE_NOT_READY', 'Waited 20 s for n1 to be ready.', { cause: spent })
  expect(await judge('fault', silent, calm)).toEqual({ by: 'fault', message: silent.message })
  expect(await judge('start', late, calm)).toEqual({ by: 'start', message: late.message })
  // After a fault that is the system's own liveness.
  expect(await judge('fault', late, calm)).toBeUndefined()
})

test('what no wait brought about is news however the host fared', async () => {
  const starved = { ...calm, runnablePerCore: 20 }
  expect(await judge('node', new HarnessError('NODE_EXITED', 'n1 ended.'), starved)).toBeUndefined()
  expect(await judge('violation', 'two leaders in one term', starved)).toBeUndefined()
})
