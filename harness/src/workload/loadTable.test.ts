import { expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import { constant } from './arrivals.ts'
import { runLoad } from './load.ts'
import { loadJson, loadTable } from './loadTable.ts'
import type { Scenario } from './scenario.ts'

const visit: Scenario = {
  name: 'visit',
  run: (user) =>
    user.step('ask', async () => {
      if (user.number === 0) throw Object.assign(new Error('no'), { outcome: 'fail', status: 503 })
    }),
}

function load(longestStallMs: number) {
  let turn = 0
  return runLoad({
    name: 'visits',
    seed: new Seed(71),
    scenarios: [visit],
    loop: { arrivals: constant(100) },
    windows: 1,
    repeats: 0,
    windowMs: 100,
    host: { between: () => ({ longestStallMs, readingCount: 9 }) },
    processes: [
      { name: 'n1', reading: () => ({ rssBytes: 64 * 1024 ** 2, handleCount: 23, cpuMs: 10 * ++turn }) },
      { name: 'n2', reading: () => undefined },
    ],
  })
}

test('the table has a row for each scenario, step and process, with why operations did not end ok', async () => {
  const text = loadTable(await load(0))
  expect(text).toMatch(/visits: open loop, 100\/s, windows of 100 ms, seed 71/)
  expect(text).toMatch(/visit +│ +10 +│ 10\.00 +│ .* ms │ .* │ status 503 1/)
  expect(text).toMatch(/ {2}ask +│ +10 /)
  expect(text).toMatch(/n1 +│ \d+ +│ 64\.0 MiB +│ 23/)
  expect(text).toMatch(/n2 +│ was not there all the time/)
  expect(text).toMatch(/generator.*: 1 thread, schedule lag p99 .* us CPU a run/)
})

test('a void window is told with its reason, and the figures as inconclusive', async () => {
  const result = await load(80)
  expect(loadTable(result)).toContain('window 1, attempt 1 is void: the host stood still for 80 ms, 50 ms are harmless')
  expect(loadJson(result)).toMatchObject({
    conclusive: false,
    windows: [{ window: 1, attempt: 1, voidBecause: expect.stringContaining('the host stood still') }],
  })
})

test('the JSON has the same figures', async () => {
  expect(loadJson(await load(0))).toMatchObject({
    name: 'visits',
    seed: 71,
    classes: [
      { class: 'visit', runs: 10, failCount: 1, failRatio: 0.1, reasons: { 'status 503': 1 } },
      { class: 'visit/ask', runs: 10 },
    ],
    total: { class: 'all', runs: 10 },
    processes: [{ name: 'n1', cpuMs: 10, handleCount: 23 }, { name: 'n2' }],
  })
})
