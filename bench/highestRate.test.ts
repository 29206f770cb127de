import { expect, test } from 'vitest'
import { highestRate } from './highestRate.ts'

const stepsPerSecond = [25_000, 35_000, 50_000, 70_000]

async function searchUnder(limitPerSecond: number, heldPerSecond = 25_000) {
  const tried: number[] = []
  const found = await highestRate({ heldPerSecond, stepsPerSecond, closeRatio: 1.1 }, async (perSecond) => {
    tried.push(perSecond)
    return perSecond <= limitPerSecond
  })
  return { ...found, tried }
}

test('steps up to the first rate that is missed, then halves what lies between until it is close', async () => {
  expect(await searchUnder(41_000)).toEqual({
    heldPerSecond: 39_000,
    missedPerSecond: 42_500,
    tried: [35_000, 50_000, 42_500, 39_000],
  })
})

test('a rate is looked for below the first step where none is held', async () => {
  const { heldPerSecond, missedPerSecond, tried } = await searchUnder(20_000, 0)
  expect(tried.slice(0, 3)).toEqual([25_000, 12_500, 19_000])
  expect(heldPerSecond).toBeLessThanOrEqual(20_000)
  expect(missedPerSecond).toBeLessThanOrEqual(heldPerSecond * 1.1)
})

test('where every step is held the last one is told, and none was missed', async () => {
  expect(await searchUnder(1_000_000)).toEqual({ heldPerSecond: 70_000, tried: [35_000, 50_000, 70_000] })
})

test('where nothing is held it ends all the same', async () => {
  expect((await searchUnder(-1, 0)).heldPerSecond).toBe(0)
})
