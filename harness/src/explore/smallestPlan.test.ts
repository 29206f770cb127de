import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Schedule, ScheduledFault } from '../nemesis/schedule.ts'
import type { ExplorationPlan } from './plan.ts'
import { smallestPlan, triesFor } from './smallestPlan.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'breakwater-smallest-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const faults = ['f1', 'f2', 'f3', 'f4'].map(
  (id) =>
    ({ id, family: 'kill', targets: ['n1'], options: {}, opens: { afterMs: 100 }, lastsMs: 40 }) as ScheduledFault,
)
const schedule: Schedule = { version: 1, seed: 1, nodes: ['n1'], durationMs: 2_000, faults }
const plan = { version: 1, system: 'pond', schedule } as unknown as ExplorationPlan

/** A system that fails on f2 as often as the pattern says, in turn. */
async function search(pattern: readonly ('failed' | 'held' | 'troubled')[]) {
  let plays = 0
  const told: object[] = []
  const smallest = await smallestPlan({
    plan,
    mostTries: 40,
    stop: new AbortController().signal,
    folder: join(root, 'smallest'),
    async run(tried, name) {
      const folder = join(root, name)
      mkdirSync(folder, { recursive: true })
      const hasIt = tried.faults.some(({ id }) => id === 'f2')
      const ended = hasIt ? (pattern[plays++ % pattern.length] ?? 'held') : 'held'
      writeFileSync(join(folder, ended), '')
      return { folder, ended }
    },
    tell: (event) => told.push(event),
  })
  return { smallest, told, plays }
}

test('a plan that fails always gets one try for each smaller one, and its rate is told with an interval', async () => {
  const { smallest, told } = await search(['failed'])
  expect(told[0]).toMatchObject({ type: 'repeated', rate: { failed: 5, repeats: 5 }, triesEach: 1 })
  expect(smallest.plan.schedule.faults.map(({ id }) => id)).toEqual(['f2'])
  expect(smallest).toMatchObject({ failed: 10, repeats: 10, highestRatio: 1, before: { failed: 5, repeats: 5 } })
  expect(smallest.lowestRatio).toBeCloseTo(0.6915, 4)
  expect(existsSync(join(root, 'smallest', 'failed'))).toBe(true)
})

test('one that fails now and then gets several', async () => {
  const { smallest, told } = await search(['failed', 'held'])
  expect(told[0]).toMatchObject({ rate: { failed: 3, repeats: 5 }, triesEach: 3 })
  expect(smallest.plan.schedule.faults.map(({ id }) => id)).toEqual(['f2'])
})

test('one that does not fail again keeps its plan and costs no more than its repeats', async () => {
  const { smallest, told, plays } = await search(['held'])
  expect(told).toHaveLength(1)
  expect(plays).toBe(5)
  expect(smallest).toMatchObject({ plan, tried: 0, failed: 0, repeats: 5, gaveUp: true })
})

test('what was troubled counts for neither side', async () => {
  const { smallest } = await search(['failed', 'troubled'])
  expect(smallest.before).toMatchObject({ failed: 3, repeats: 3 })
})

test('tries follow the rate', () => {
  expect(triesFor({ failed: 10, repeats: 10 })).toBe(1)
  expect(triesFor({ failed: 4, repeats: 5 })).toBe(2)
  expect(triesFor({ failed: 1, repeats: 5 })).toBe(4)
})
