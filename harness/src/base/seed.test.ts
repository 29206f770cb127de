import { expect, test } from 'vitest'
import { HarnessError } from './errors.ts'
import { type Random, Seed } from './seed.ts'

const letters = [...'abcdefghijklmnopqrstuvwxyz']

const draws: Record<keyof Random, (random: Random) => unknown> = {
  fraction: (random) => random.fraction(),
  integer: (random) => random.integer(-1_000_000, 1_000_000),
  pick: (random) => random.pick(letters),
  shuffle: (random) => random.shuffle(letters).join(''),
  chance: (random) => random.chance(0.5),
  bytes: (random) => random.bytes(8).toString('hex'),
}

const twenty = (random: Random, draw: (random: Random) => unknown) => Array.from({ length: 20 }, () => draw(random))

test.each(Object.entries(draws))(
  'the same seed and name draw the same by %s, another seed or name does not',
  (_, draw) => {
    const drawn = twenty(new Seed(71).stream('workload'), draw)
    expect(twenty(new Seed(71).stream('workload'), draw)).toEqual(drawn)
    expect(twenty(new Seed(72).stream('workload'), draw)).not.toEqual(drawn)
    expect(twenty(new Seed(71).stream('nemesis'), draw)).not.toEqual(drawn)
  },
)

test('what one stream draws does not shift another', () => {
  const seed = new Seed(71)
  const alone = twenty(seed.stream('workload'), draws.integer)
  const workload = seed.stream('workload')
  const nemesis = seed.stream('nemesis')
  const beside = Array.from({ length: 20 }, () => {
    nemesis.bytes(7)
    return draws.integer(workload)
  })
  expect(beside).toEqual(alone)
})

test('draws stay within what was asked for, and reach both ends', () => {
  const random = new Seed(1).stream('bounds')
  const integers = Array.from({ length: 500 }, () => random.integer(3, 6))
  expect(new Set(integers)).toEqual(new Set([3, 4, 5, 6]))
  const fractions = Array.from({ length: 500 }, () => random.fraction())
  expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0)
  expect(Math.min(...fractions)).toBeLessThan(0.05)
  expect(Math.max(...fractions)).toBeLessThan(1)
  expect(Math.max(...fractions)).toBeGreaterThan(0.95)
  const bytes = random.bytes(10_000)
  expect(bytes).toHaveLength(10_000)
  expect(new Set(bytes).size).toBe(256)
})

test('a chance is as likely as asked: never at 0, always at 1, about a third at a third', () => {
  const random = new Seed(1).stream('chance')
  const hits = (ratio: number) => Array.from({ length: 3_000 }, () => random.chance(ratio)).filter(Boolean).length
  expect(hits(0)).toBe(0)
  expect(hits(1)).toBe(3_000)
  expect(hits(1 / 3)).toBeGreaterThan(850)
  expect(hits(1 / 3)).toBeLessThan(1_150)
})

test('a shuffle is a copy that holds the same, and every item can come first', () => {
  const random = new Seed(1).stream('shuffle')
  const items = [1, 2, 3, 4]
  const shuffles = Array.from({ length: 200 }, () => random.shuffle(items))
  expect(items).toEqual([1, 2, 3, 4])
  for (const shuffled of shuffles) expect(shuffled.toSorted()).toEqual(items)
  expect(new Set(shuffles.map(([first]) => first))).toEqual(new Set(items))
  expect(() => random.pick([])).toThrow('cannot pick from an empty list')
})

test.each([-1, 1.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY])(
  '%s is no seed, and the sentence says what is',
  (bad) => {
    expect(() => new Seed(bad)).toThrow(
      `The seed must be a whole number from 0 to 4294967295, but it is ${bad}. Leave it out to draw one. [BAD_USAGE]`,
    )
    expect(() => new Seed(bad)).toThrow(HarnessError)
  },
)

test('both ends of the range are seeds, and a drawn one is short enough to type', () => {
  expect([0, 2 ** 32 - 1].map((value) => new Seed(value).value)).toEqual([0, 2 ** 32 - 1])
  const drawn = Array.from({ length: 50 }, () => Seed.draw().value)
  expect(Math.max(...drawn)).toBeLessThan(100_000)
  expect(new Set(drawn).size).toBeGreaterThan(1)
})
