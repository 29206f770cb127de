import { expect, test } from 'vitest'
import { Seed } from '../../../base/seed.ts'
import { Reservoir } from './reservoir.ts'

const rounds = 4_000

/** How often each of so many items was kept, over many seeds. */
function kept(count: number, fill: (round: number) => Reservoir<number>): number[] {
  const times = new Array<number>(count).fill(0)
  for (let round = 0; round < rounds; round++) for (const item of fill(round).kept) times[item]!++
  return times
}

function offered(capacity: number, from: number, to: number, random: ReturnType<Seed['stream']>): Reservoir<number> {
  const reservoir = new Reservoir<number>(capacity)
  for (let item = from; item < to; item++) reservoir.offer(random, () => item)
  return reservoir
}

/** Five standard deviations of a binomial, of the worst of a hundred items. */
const tolerance = (chance: number) => 5 * Math.sqrt(rounds * chance * (1 - chance))

test('every item has the same chance to be kept', () => {
  const times = kept(100, (round) => offered(10, 0, 100, new Seed(round).stream('keep')))
  for (const each of times) expect(Math.abs(each - rounds * 0.1)).toBeLessThan(tolerance(0.1))
})

test('after a merge, too, however unlike the two are in size', () => {
  const times = kept(100, (round) => {
    const random = new Seed(round).stream('merge')
    const small = offered(10, 0, 15, random)
    small.merge(offered(10, 15, 100, random), random)
    expect(small.kept).toHaveLength(10)
    expect(small.seen).toBe(100)
    return small
  })
  for (const each of times) expect(Math.abs(each - rounds * 0.1)).toBeLessThan(tolerance(0.1))
})

test('what has room for all keeps all, and makes nothing that it does not keep', () => {
  const random = new Seed(1).stream('few')
  expect(offered(10, 0, 4, random).kept).toEqual([0, 1, 2, 3])
  let made = 0
  const reservoir = new Reservoir<number>(5)
  for (let item = 0; item < 10_000; item++) reservoir.offer(random, () => made++)
  // 5 and 5 times the sum of 1/n from 6 to 10 000: about 43.
  expect(made).toBeLessThan(100)
})
