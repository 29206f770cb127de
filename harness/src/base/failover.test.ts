import { expect, test } from 'vitest'
import { budget } from './budget.ts'
import { failoverGaps, judgeFailover, type TimedWrite } from './failover.ts'

const within10s = budget('failover', 10_000, 'ms', 'SCENARIOS REPL-2')

/** One write each 10 ms, but those that start in an outage fail after 10 ms. */
function writesWith(outages: readonly [number, number][], untilMs: number): TimedWrite[] {
  return Array.from({ length: untilMs / 10 }, (_, at) => {
    const startedAtMs = at * 10
    const isOut = outages.some(([from, to]) => startedAtMs >= from && startedAtMs < to)
    return { startedAtMs, endedAtMs: startedAtMs + 9, outcome: isOut ? 'fail' : 'ok' }
  })
}

const kills = [1_000, 20_000, 40_000, 60_000, 80_000]
const outages = (lengthMs: number) => kills.map((ms): [number, number] => [ms, ms + lengthMs])

test('the gap runs from the last acknowledged write before the kill to the next one', () => {
  const [gap] = failoverGaps(writesWith([[1_000, 3_000]], 5_000), [1_000])
  expect(gap).toEqual({ killedAtMs: 1_000, gapMs: 2_010, untriedMs: 1 })
})

test('a write that was under way at the kill does not end the gap', () => {
  const writes = writesWith([[1_000, 3_000]], 5_000)
  writes[100] = { startedAtMs: 1_000, endedAtMs: 1_005, outcome: 'ok' }
  expect(failoverGaps(writes, [1_000])[0]?.gapMs).toBe(2_004)
})

test('each kill has its own gap', () => {
  const gaps = failoverGaps(writesWith(outages(700), 100_000), kills)
  expect(gaps.map(({ gapMs }) => gapMs)).toEqual([710, 710, 710, 710, 710])
  expect(judgeFailover(gaps, within10s).verdict).toBe('met')
})

test('one kill over the budget breaks it, and every kill is told', () => {
  const slow = outages(700).with(3, [60_000, 72_000])
  const verdict = judgeFailover(failoverGaps(writesWith(slow, 100_000), kills), within10s)
  expect(verdict.verdict).toBe('broken')
  expect(verdict.found).toContain('710 ms, 710 ms, 710 ms, 12 010 ms, 710 ms; the budget of each is 10 000 ms')
})

test('a system that never acknowledges again breaks the budget', () => {
  const writes = writesWith([...outages(700).slice(0, 4), [80_000, 100_000]], 100_000)
  const gaps = failoverGaps(writes, kills)
  expect(gaps[4]?.gapMs).toBe(Number.POSITIVE_INFINITY)
  expect(judgeFailover(gaps, within10s)).toMatchObject({
    verdict: 'broken',
    found: expect.stringContaining('for good'),
  })
})

test('fewer than five kills are inconclusive', () => {
  const gaps = failoverGaps(writesWith(outages(700), 100_000), kills.slice(0, 4))
  expect(judgeFailover(gaps, within10s).verdict).toBe('inconclusive')
})

test('a gap in which no client tried is not blamed on the system', () => {
  const writes = writesWith(outages(700), 100_000).filter(
    ({ startedAtMs }) => startedAtMs < 21_000 || startedAtMs > 35_000,
  )
  const verdict = judgeFailover(failoverGaps(writes, kills), within10s)
  expect(verdict.verdict).toBe('inconclusive')
  expect(verdict.found).toContain('No client tried to write for 14 0')
})

test('a write that hangs is a try all the while', () => {
  const writes = writesWith(outages(700), 100_000).filter(
    ({ startedAtMs }) => startedAtMs < 21_000 || startedAtMs > 35_000,
  )
  writes.push({ startedAtMs: 21_000, endedAtMs: 35_010, outcome: 'info' })
  expect(judgeFailover(failoverGaps(writes, kills), within10s).verdict).toBe('broken')
})

test('no kill at all is inconclusive', () => {
  expect(judgeFailover([], within10s).verdict).toBe('inconclusive')
})
