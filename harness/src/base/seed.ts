import { createHash, randomInt } from 'node:crypto'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { HarnessError } from './errors.ts'

/** Chance drawn from one named stream of the seed. */
export interface Random {
  /** From 0 (included) to 1 (excluded). */
  fraction(): number
  /** Whole number, both ends included. */
  integer(least: number, most: number): number
  pick<T>(items: readonly T[]): T
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[]
  /** True with the given probability, 0 to 1. */
  chance(ratio: number): boolean
  bytes(count: number): Buffer
}

export const largestSeed = 0xffffffff

/**
 * The one source of chance of a run: a whole number from 0 to 4294967295.
 * Named streams keep one part's draws from shifting another's.
 */
export class Seed {
  readonly value: number

  constructor(value: number) {
    if (!Number.isInteger(value) || value < 0 || value > largestSeed) {
      throw new HarnessError(
        'BAD_USAGE',
        `The seed must be a whole number from 0 to ${largestSeed}, but it is ${value}. Leave it out to draw one.`,
      )
    }
    this.value = value
  }

  static draw(): Seed {
    return new Seed(randomInt(0, 100_000))
  }

  stream(name: string): Random {
    const start = createHash('sha256').update(`${this.value}/${name}`).digest().readInt32LE(0)
    return randomFrom(start)
  }
}

function randomFrom(start: number): Random {
  const generator = xoroshiro128plus(start)
  const integer = (least: number, most: number) => uniformInt(generator, least, most)
  return {
    integer,
    fraction: () => uniformFloat64(generator),
    chance: (ratio) => uniformFloat64(generator) < ratio,
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new RangeError('cannot pick from an empty list')
      return items[integer(0, items.length - 1)] as T
    },
    shuffle<T>(items: readonly T[]): T[] {
      const copy = [...items]
      for (let last = copy.length - 1; last > 0; last--) {
        const other = integer(0, last)
        ;[copy[last], copy[other]] = [copy[other] as T, copy[last] as T]
      }
      return copy
    },
    bytes(count) {
      const bytes = Buffer.allocUnsafe(count)
      for (let at = 0; at < count; at++) bytes[at] = integer(0, 255)
      return bytes
    },
  }
}
