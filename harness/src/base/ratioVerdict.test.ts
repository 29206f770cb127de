import { expect, test } from 'vitest'
import { budget } from './budget.ts'
import { judgeRatio, pairsFor, type RatioPair } from './ratioVerdict.ts'

const limit = budget('slower than the base', 1.1, 'ratio', 'issue 4')

/** Pairs whose ratio spreads by a few per cent around the given one, while the machine's speed drifts. */
function pairsAround(ratio: number, count = 12, spread = 0.03): RatioPair[] {
  return Array.from({ length: count }, (_, at) => {
    const speed = 1 + at / 4
    return { base: 10 * speed, with: 10 * speed * ratio * (1 + spread * Math.sin(at * 2.4)) }
  })
}

test('an equal build is no slower', () => {
  expect(judgeRatio('p50', pairsAround(1), limit)).toMatchObject({ verdict: 'met' })
})

test('a build that is 30 % slower is red, however the machine drifts meanwhile', () => {
  const verdict = judgeRatio('p50', pairsAround(1.3), limit)
  expect(verdict.verdict).toBe('broken')
  expect(verdict.ratio).toBeCloseTo(1.3, 1)
  expect(verdict.found).toMatch(
    /^p50 is 1\.\d+ times as much, from 1\.\d+ to 1\.\d+ at 99 % over 12 pairs; the limit is 1.1 \(slower than the base: issue 4\)\.$/,
  )
})

test('a rate is worse when it falls', () => {
  const fallen = pairsAround(0.7)
  expect(judgeRatio('rate', fallen, limit, { isBetterAbove: true }).verdict).toBe('broken')
  expect(judgeRatio('time', fallen, limit).verdict).toBe('met')
})

test('a middle above the limit is not red while the interval reaches down to 1', () => {
  expect(judgeRatio('p50', pairsAround(1.12, 12, 0.6), limit).verdict).toBe('inconclusive')
})

test('a middle below the limit is not green while the interval reaches above it', () => {
  expect(judgeRatio('p50', pairsAround(1.06, 12, 0.2), limit).verdict).toBe('inconclusive')
})

test('too few pairs, and pairs without a figure, are inconclusive', () => {
  expect(judgeRatio('p50', pairsAround(2, 5), limit).verdict).toBe('inconclusive')
  expect(judgeRatio('p50', pairsAround(2).with(0, { base: 0, with: 1 }), limit).verdict).toBe('inconclusive')
  expect(judgeRatio('p50', pairsAround(2).with(0, { base: Number.NaN, with: 1 }), limit).verdict).toBe('inconclusive')
})

test.each([
  [1.1, 37],
  [1.2, 10],
  [1.25, 10],
])('a limit of %f times needs %i pairs', (times, pairs) => {
  expect(pairsFor(times)).toBe(pairs)
})
