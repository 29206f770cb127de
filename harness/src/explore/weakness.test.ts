import { expect, test } from 'vitest'
import type { Schedule, ScheduledFault } from '../nemesis/schedule.ts'
import type { PlayedFault } from '../run/schedulePlayer.ts'
import { weaknessOf } from './weakness.ts'

function runOf(
  outcomes: readonly PlayedFault['outcome'][],
  { ok = 400, ...more }: { ok?: number; operations?: number } = { operations: 400 },
) {
  const faults = outcomes.map((_, at) => ({ id: `f${at + 1}` }) as ScheduledFault)
  const schedule: Schedule = {
    version: 1,
    seed: 1,
    nodes: ['n1'],
    durationMs: 3_000,
    faults,
    ...more,
  }
  const played = outcomes.map(
    (outcome, at): PlayedFault => ({ id: `f${at + 1}`, family: 'kill', targets: [], outcome }),
  )
  return { plan: { schedule }, played, operations: { ok } }
}

test('a run with its traffic and its faults is not weak', () => {
  expect(weaknessOf(runOf(['effective', 'effective', 'notOpened', 'withoutEffect']))).toBeUndefined()
  expect(weaknessOf(runOf(['effective'], { ok: 100, operations: 400 }))).toBeUndefined()
})

test('too little was acknowledged: against what the schedule was drawn for, or at all', () => {
  expect(weaknessOf(runOf(['effective'], { ok: 99, operations: 400 }))).toBe(
    '99 operations were acknowledged, and at least 100 are needed',
  )
  expect(weaknessOf(runOf(['effective'], { ok: 19 }))).toMatch(/at least 20 are needed/)
})

test('most faults did not open or took no effect', () => {
  expect(weaknessOf(runOf(['effective', 'notOpened', 'withoutEffect']))).toBe(
    '1 of 3 faults took effect, and at least half are needed; 1 never opened',
  )
})

test('a schedule without faults is not weak for want of them', () => {
  expect(weaknessOf(runOf([]))).toBeUndefined()
})
