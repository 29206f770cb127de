import { expect, onTestFinished, test } from 'vitest'
import { Throttle } from './throttle.ts'

/** Without giving timers a chance: the throttle must not have served anybody meanwhile. */
function spin(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

function throttleOf(bytesPerSecond: number): Throttle {
  const throttle = new Throttle(bytesPerSecond)
  onTestFinished(() => throttle.close())
  return throttle
}

test('who comes later does not take the tokens of who waits in line', async () => {
  const throttle = throttleOf(1_000_000)
  const { promise: served, resolve } = Promise.withResolvers<void>()
  const first = { settle: resolve }
  const second = { settle() {} }
  expect(throttle.grant(first, 50_000)).toBe(0)
  spin(20)
  expect(throttle.grant(second, 1_000)).toBe(0)
  await served
})

test('an idle bucket saves up no more than 50 ms of its rate', () => {
  const throttle = throttleOf(1_000_000)
  spin(80)
  expect(throttle.grant({ settle() {} }, 1_000_000)).toBe(50_000)
})

test('a waiter that leaves makes room for the next', () => {
  const throttle = throttleOf(1_000_000)
  const first = { settle() {} }
  expect(throttle.grant(first, 50_000)).toBe(0)
  throttle.leave(first)
  spin(20)
  expect(throttle.grant({ settle() {} }, 10_000)).toBe(10_000)
})
