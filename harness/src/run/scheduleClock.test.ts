import { expect, test } from 'vitest'
import type { History } from '../history/history.ts'
import type { Operation } from '../history/operation.ts'
import { mostStretch, ScheduleClock } from './scheduleClock.ts'

/** A clock over 1 000 ms and 100 operations, with the wall and the work in the hands of the test. */
function clockBed(schedule: { durationMs: number; operations?: number }) {
  const operations: Operation[] = []
  const history = { operations, underWay: () => [] } as unknown as History
  let wallMs = 5_000
  const clock = new ScheduleClock(schedule, history, () => wallMs)
  return {
    clock,
    acknowledge: (count: number) => {
      for (let at = 0; at < count; at++) operations.push({ outcome: 'ok' } as Operation)
    },
    refuse: (count: number) => {
      for (let at = 0; at < count; at++) operations.push({ outcome: 'fail' } as Operation)
    },
    pass: (ms: number) => {
      wallMs += ms
    },
  }
}

test('where clients get their work done the time is that of the wall, and never ahead of it', () => {
  const { clock, acknowledge, pass } = clockBed({ durationMs: 1_000, operations: 100 })
  pass(200)
  acknowledge(90)
  expect(clock.nowMs()).toBe(200)
})

test('on a slow machine it goes with the operations that were acknowledged', () => {
  const { clock, acknowledge, refuse, pass } = clockBed({ durationMs: 1_000, operations: 100 })
  pass(800)
  acknowledge(30)
  refuse(50)
  expect(clock.nowMs()).toBe(300)
})

test('a system that serves nothing does not hold it up for ever', () => {
  const { clock, pass } = clockBed({ durationMs: 1_000, operations: 100 })
  pass(1_000 * mostStretch)
  expect(clock.nowMs()).toBe(1_000)
})

test('without a number of operations it is the wall', () => {
  const { clock, pass } = clockBed({ durationMs: 1_000 })
  pass(700)
  expect(clock.nowMs()).toBe(700)
})
