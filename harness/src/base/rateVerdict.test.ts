import { expect, test } from 'vitest'
import type { LatencySeries } from './latencyVerdict.ts'
import { judgeRate, rateBudget } from './rateVerdict.ts'

const least = rateBudget('whole scenarios', 438, 'issue 5')

function series(...counts: { ok: number; failed?: number; voidBecause?: string }[]): LatencySeries {
  return {
    what: 'scenarios',
    windows: counts.map(({ ok, failed = 0, voidBecause }) => ({
      count: ok + failed,
      failed,
      elapsedMs: 2_000,
      above: () => 0,
      quantile: () => 1,
      ...(voidBecause === undefined ? {} : { voidBecause }),
    })),
  }
}

test('a rate that two of three windows reach is met', () => {
  expect(judgeRate(series({ ok: 1_000 }, { ok: 400 }, { ok: 876 }), least).verdict).toBe('met')
})

test('a rate that two of three windows miss is broken, with each reading', () => {
  const { verdict, found } = judgeRate(series({ ok: 1_000 }, { ok: 400 }, { ok: 500 }), least)
  expect(verdict).toBe('broken')
  expect(found).toBe(
    'scenarios: 500.0, 200.0, 250.0 a second ended ok, 100.00 % of 1900; at least 438 a second and 100 % are needed (whole scenarios: issue 5).',
  )
})

test('the success rate is judged first: what fails quickly is not throughput', () => {
  const { verdict, found } = judgeRate(series({ ok: 1_000, failed: 1 }, { ok: 1_000 }, { ok: 1_000 }), least)
  expect(verdict).toBe('broken')
  expect(found).toMatch(/^Too many operations failed\./)
})

test('failures within what is allowed are left out of the rate', () => {
  const lenient = rateBudget('whole scenarios', 438, 'issue 5', { leastSuccessRatio: 0.5 })
  const half = { ok: 500, failed: 500 }
  expect(judgeRate(series(half, half, half), lenient).verdict).toBe('broken')
})

test('void windows and windows without a length say nothing', () => {
  const stalled = { ok: 5, voidBecause: 'the host stood still for 80 ms' }
  expect(judgeRate(series({ ok: 1_000 }, { ok: 1_000 }, stalled), least)).toMatchObject({
    verdict: 'inconclusive',
    found: expect.stringContaining('Only 2 sound windows, 3 are needed: the host stood still for 80 ms'),
  })
  const lengthless = {
    what: 'x',
    windows: series({ ok: 9 }, { ok: 9 }, { ok: 9 }).windows.map(({ elapsedMs: _, ...rest }) => rest),
  }
  expect(judgeRate(lengthless, least).verdict).toBe('inconclusive')
})
