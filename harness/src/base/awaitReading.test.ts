import { expect, test } from 'vitest'
import { awaitReading } from './awaitReading.ts'
import { budget } from './budget.ts'
import { nowMs } from './clock.ts'
import { HarnessError } from './errors.ts'

const never = () => new Promise<number>(() => {})

/** The error that a wait ends with, and how long it took. */
async function spent(waiting: Promise<unknown>): Promise<{ message: string; code: unknown; tookMs: number }> {
  const startedAt = nowMs()
  const error = await waiting.then(
    () => expect.unreachable('the wait ended well'),
    (thrown: unknown) => thrown as HarnessError,
  )
  return { message: error.message, code: error.code, tookMs: nowMs() - startedAt }
}

/** "unchanged for 12 ms" -> 12 */
const unchangedMs = (message: string) => Number(/unchanged for ([\d.]+) ms/.exec(message)?.[1])

test('gives the first reading that is true, and probes no more after it', async () => {
  let probes = 0
  const reading = await awaitReading({
    what: 'three probes',
    budget: 5_000,
    probe: () => ++probes,
    until: (count) => count >= 3,
    everyMs: 1,
  })
  expect([reading, probes]).toEqual([3, 3])
})

test('probes at least once, however small the budget', async () => {
  expect(await awaitReading({ what: 'it', budget: 0.001, probe: () => 'there', until: () => true })).toBe('there')
})

test('the message names what, the budget, the last reading, since when it had not moved, and what to open', async () => {
  const startedAt = nowMs()
  const limit = budget('row catch-up', 120, 'ms', 'a test')
  const { message, code } = await spent(
    awaitReading({
      what: 'n2 to hold 20 rows',
      budget: limit,
      probe: (): number => (nowMs() - startedAt < 40 ? 5 : 14),
      until: (rows) => rows === 20,
      describe: (rows) => `${rows} of 20 rows`,
      everyMs: 2,
      open: () => 'n2.1.log',
    }),
  )
  expect(message).toMatch(
    /^Waited 120 ms for n2 to hold 20 rows; last reading: 14 of 20 rows, unchanged for \d+ ms\. Open n2\.1\.log\. \[BUDGET_SPENT\]$/,
  )
  expect(code).toBe('BUDGET_SPENT')
  expect(unchangedMs(message)).toBeGreaterThan(20)
  expect(unchangedMs(message)).toBeLessThan(nowMs() - startedAt - 40 + 1)
})

test('readings are quoted as JSON where nobody says how, also those that JSON cannot tell', async () => {
  const quoted = async (reading: unknown) =>
    (await spent(awaitReading({ what: 'x', budget: 1, probe: () => reading, until: () => false }))).message
  expect(await quoted({ rows: 3 })).toContain('last reading: {"rows":3},')
  expect(await quoted(undefined)).toContain('last reading: undefined,')
  expect(await quoted({})).not.toContain('Open')
})

test('a probe that throws counts as no reading yet, and its words are quoted when the budget is spent', async () => {
  let probes = 0
  const flaky = awaitReading({
    what: 'the third probe',
    budget: 5_000,
    probe: () => {
      if (++probes < 3) throw new Error('connect ECONNREFUSED')
      return probes
    },
    until: () => true,
    everyMs: 1,
  })
  expect(await flaky).toBe(3)
  const refused = () => Promise.reject(new Error('connect ECONNREFUSED'))
  const { message } = await spent(awaitReading({ what: 'n1', budget: 20, probe: refused, until: () => true }))
  expect(message).toContain('last reading: connect ECONNREFUSED, unchanged for')
})

test('a throw after readings has moved the reading: it did not stand since the beginning', async () => {
  const startedAt = nowMs()
  const { message } = await spent(
    awaitReading({
      what: 'n1',
      budget: 150,
      probe: () => {
        if (nowMs() - startedAt > 100) throw new Error('gone')
        return 1
      },
      until: () => false,
      everyMs: 2,
    }),
  )
  expect(message).toContain('last reading: gone')
  expect(unchangedMs(message)).toBeLessThan(nowMs() - startedAt - 99)
})

test('a probe that hangs does not outlive the budget, and the last reading before it is told', async () => {
  let probes = 0
  const { message, tookMs } = await spent(
    awaitReading({
      what: 'an answer',
      budget: 60,
      probe: () => (++probes === 1 ? 7 : never()),
      until: (count) => count === 8,
      everyMs: 1,
    }),
  )
  expect(message).toContain('last reading: 7 (the last probe never came back)')
  expect(tookMs).toBeGreaterThanOrEqual(59)
  expect(tookMs).toBeLessThan(2_000)
})

test.each([
  ['between two probes', () => 1],
  ['while a probe hangs', never],
])('a signal ends the wait at once with its reason, %s', async (_, probe) => {
  const ended = new AbortController()
  const reason = new HarnessError('NODE_EXITED', 'n1 ended')
  const probing = Promise.withResolvers<void>()
  const waiting = awaitReading({
    what: 'n1',
    budget: 10_000,
    probe: () => {
      probing.resolve()
      return probe()
    },
    until: () => false,
    everyMs: 9_000,
    signal: ended.signal,
  })
  const ending = spent(waiting)
  await probing.promise
  ended.abort(reason)
  const { message, tookMs } = await ending
  expect(message).toBe('n1 ended [NODE_EXITED]')
  expect(tookMs).toBeLessThan(2_000)
})

test('a signal that was given before the wait began ends it before the first probe', async () => {
  let probes = 0
  const waiting = awaitReading({
    what: 'n1',
    budget: 10_000,
    probe: () => ++probes,
    until: () => true,
    signal: AbortSignal.abort(new Error('too late')),
  })
  expect((await spent(waiting)).message).toBe('too late')
  expect(probes).toBe(0)
})
