import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseShard } from '../base/shard.ts'
import { durationsFile, readDurations } from './durations.ts'
import { dealOut } from './shards.ts'

const guards = (...ids: string[]) => ids.map((id) => ({ id }))
const idsOf = (shards: { id: string }[][]) => shards.map((shard) => shard.map(({ id }) => id))

test('every guard is in one shard and in no other, however many there are of both', () => {
  const durationsMs = { 'G-1': 20_000, 'G-3': 100, 'G-4': 7_000, 'G-9': 7_000 }
  for (let guardCount = 0; guardCount <= 25; guardCount++) {
    const all = guards(...Array.from({ length: guardCount }, (_, at) => `G-${at + 1}`))
    for (let count = 1; count <= 6; count++) {
      const shards = dealOut(all, durationsMs, count)
      expect(shards).toHaveLength(count)
      expect(
        shards
          .flat()
          .map(({ id }) => id)
          .sort(),
      ).toEqual(all.map(({ id }) => id).sort())
      if (guardCount >= count) expect(shards.every((shard) => shard.length > 0)).toBe(true)
    }
  }
})

test('shards take about as long as each other: the longest guard has one to itself', () => {
  const durationsMs = { 'G-1': 1_000, 'G-2': 9_000, 'G-3': 3_000, 'G-4': 2_000, 'G-5': 4_000, 'G-10': 8_000 }
  const all = guards('G-1', 'G-2', 'G-3', 'G-4', 'G-5', 'G-10')
  expect(idsOf(dealOut(all, durationsMs, 3))).toEqual([['G-2'], ['G-1', 'G-10'], ['G-3', 'G-4', 'G-5']])
})

test('a guard that was never timed counts as the median of the others, and the order asked in changes nothing', () => {
  const durationsMs = { 'G-1': 10_000, 'G-2': 5_000, 'G-3': 100 }
  const shards = idsOf(dealOut(guards('G-1', 'G-2', 'G-3', 'G-4'), durationsMs, 2))
  expect(shards).toEqual([
    ['G-1', 'G-3'],
    ['G-2', 'G-4'],
  ])
  expect(idsOf(dealOut(guards('G-4', 'G-3', 'G-2', 'G-1'), durationsMs, 2))).toEqual(shards)
  expect(idsOf(dealOut(guards('G-1', 'G-2'), {}, 2))).toEqual([['G-1'], ['G-2']])
})

test('with the durations that are checked in, no shard of three takes half as long again as another', () => {
  const path = durationsFile(join(import.meta.dirname, '..', '..', '..'))
  expect(existsSync(path)).toBe(true)
  for (const durationsMs of Object.values(readDurations(path))) {
    const all = guards(...Object.keys(durationsMs))
    expect(all.length).toBeGreaterThan(10)
    const times = dealOut(all, durationsMs, 3).map((shard) =>
      shard.reduce((sum, { id }) => sum + (durationsMs[id] ?? Number.NaN), 0),
    )
    expect(Math.max(...times) / Math.min(...times)).toBeLessThan(1.5)
  }
})

test.each([
  ['1/1', { index: 1, count: 1 }],
  ['2/3', { index: 2, count: 3 }],
  ['0/3', undefined],
  ['4/3', undefined],
  ['1', undefined],
  ['1/0', undefined],
  ['a/3', undefined],
])('%s is read as %j', (text, shard) => {
  expect(parseShard(text)).toEqual(shard)
})
