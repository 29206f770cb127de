import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CodeUnderTest } from '../codeUnderTest.ts'
import { openRunFolder } from '../runFolder.ts'
import type { GuardOutcome } from '../runRecord.ts'
import { bySlowness, compareRuns } from './compareRuns.ts'
import { readRuns } from './readRuns.ts'
import { runsPage } from './runsPage.ts'
import { sparkline, tablesOf } from './tables.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'breakwater-trend-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const commit = 'c'.repeat(40)
const limit = 1_000

interface Executed {
  id: string
  outcome?: GuardOutcome
  durationMs?: number
  peak?: number | null
  message?: string
}

/** The folder of a run in the so-many-th minute, as the suite leaves it. */
function run(minute: number, executed: readonly Executed[], more: { code?: CodeUnderTest; runtime?: string } = {}) {
  const path = join(root, `run-${minute}`)
  const folder = openRunFolder(path)
  const guards = executed.map(({ id, outcome = 'passed', durationMs = 1_000, peak, message }, at) => {
    const repeat = executed.slice(0, at).filter((each) => each.id === id).length + 1
    const own = folder.guardFolder(id, repeat)
    const readings = peak === undefined ? [] : [{ name: 'peak', value: peak, unit: 'bytes', limit }]
    writeFileSync(join(own, 'guard.json'), JSON.stringify({ id, checks: [], readings }))
    const told = message === undefined ? {} : { message }
    return { id, title: `${id} holds`, file: 'a.test.ts', repeat, outcome, durationMs, folder: own, ...told }
  })
  const startedAt = new Date(Date.UTC(2026, 10, 3, 10, minute)).toISOString()
  folder.writeRun({
    seed: 70 + minute,
    startedAt,
    durationMs: 5_000,
    runtime: 'process',
    guards,
    code: { commit, dirty: false },
    ...more,
  })
  return path
}

const report = (paths: readonly string[]) => compareRuns(readRuns(paths))

test('runs come in order of time, each once, also by a link and by the folder that holds them', () => {
  const [late, early] = [run(9, [{ id: 'A-1' }]), run(2, [{ id: 'A-1' }])]
  symlinkSync('run-9', join(root, 'latest'))
  const seeds = (paths: string[]) => report(paths).runs.map(({ seed }) => seed)
  expect(seeds([late, early, join(root, 'latest')])).toEqual([72, 79])
  expect(seeds([root])).toEqual([72, 79])
})

test('how often a guard ended in each way, its last failure and how to repeat it', () => {
  const paths = [
    run(1, [{ id: 'A-1' }, { id: 'A-2', outcome: 'notRun' }]),
    run(2, [{ id: 'A-1', outcome: 'failed', message: 'first' }]),
    run(3, [
      { id: 'A-1', outcome: 'failed', message: 'second' },
      { id: 'A-1', outcome: 'inconclusive' },
    ]),
  ]
  const { guards } = report(paths)
  expect(guards).toHaveLength(2)
  expect(guards[0]).toMatchObject({
    guard: 'A-1',
    passed: 1,
    failed: 2,
    inconclusive: 1,
    notRun: 0,
    lastFailure: { message: 'second', again: 'npm run suite -- A-1 --seed 73' },
  })
  expect(guards[1]).toMatchObject({ guard: 'A-2', notRun: 1, durations: { values: [] } })
})

describe('a flake', () => {
  const failed: Executed[] = [{ id: 'A-1', outcome: 'failed' }]
  const passed: Executed[] = [{ id: 'A-1' }]
  const flakesOf = (...paths: string[]) => report(paths).guards.flatMap(({ flakes }) => flakes)

  test('has passed and failed on the same code', () => {
    expect(flakesOf(run(1, passed), run(2, failed), run(3, passed))).toEqual([
      { code: { commit, dirty: false }, passed: 2, failed: 1 },
    ])
    const dirty = { code: { commit, dirty: true, changes: 'f'.repeat(16) } }
    expect(flakesOf(run(4, passed, dirty), run(5, failed, dirty))).toHaveLength(1)
  })

  test.each<[string, CodeUnderTest]>([
    ['another commit', { commit: 'd'.repeat(40), dirty: false }],
    ['other changes', { commit, dirty: true, changes: 'a'.repeat(16) }],
    ['a known-bad build', { commit, dirty: false, knownBad: 'torn-transaction' }],
    ['another build by environment', { commit, dirty: false, builds: { BREAKWATER_PEER_IMAGE: 'peer:2' } }],
  ])('is none on %s', (_, code) => {
    expect(flakesOf(run(1, passed), run(2, failed, { code }))).toEqual([])
  })

  test('is none between two runtimes, and none where the code is not known, which is told', () => {
    expect(flakesOf(run(1, passed), run(2, failed, { runtime: 'docker' }))).toEqual([])
    const unknown = report([run(3, passed, { code: {} }), run(4, failed, { code: {} })])
    expect(unknown.guards.flatMap(({ flakes }) => flakes)).toEqual([])
    expect(unknown.codeUnknown).toBe(2)
  })
})

test('known-bad builds are set apart: they neither fail a guard nor move a budget', () => {
  const code = { commit, dirty: false, knownBad: 'torn-transaction' }
  const { guards, budgets, knownBad } = report([
    run(1, [{ id: 'A-1', peak: 10 }]),
    run(2, [{ id: 'A-1', peak: 999, outcome: 'failed' }], { code }),
  ])
  expect(guards[0]).toMatchObject({ passed: 1, failed: 0 })
  expect(budgets[0]?.values).toEqual([10])
  expect(knownBad).toEqual([
    {
      build: 'torn-transaction',
      guard: 'A-1',
      runtime: 'process',
      scale: 'gate',
      passed: 0,
      failed: 1,
      inconclusive: 0,
      notRun: 0,
    },
  ])
})

describe('the trend of a budget', () => {
  /** Noise without a seed would do as well: the same small numbers each time. */
  const noise = (at: number) => ((at * 7_919) % 13) - 6
  const budgetOver = (count: number, valueAt: (at: number) => number) =>
    report(Array.from({ length: count }, (_, at) => run(at, [{ id: 'A-1', peak: valueAt(at) }]))).budgets[0]

  test('is first, median, last, worst and its share, the median of repeats being one value', () => {
    const paths = [
      run(1, [{ id: 'A-1', peak: 100 }]),
      run(2, [
        { id: 'A-1', peak: 700 },
        { id: 'A-1', peak: 500 },
        { id: 'A-1', peak: 600 },
      ]),
      run(3, [{ id: 'A-1', peak: 200 }]),
      run(4, [{ id: 'A-1', peak: null }]),
    ]
    expect(report(paths).budgets).toEqual([
      {
        guard: 'A-1',
        runtime: 'process',
        scale: 'gate',
        reading: 'peak',
        unit: 'bytes',
        limit,
        values: [100, 600, 200],
        first: 100,
        median: 200,
        last: 200,
        worst: 600,
        lastShare: 0.2,
        worstShare: 0.6,
        movement: 'undecided',
      },
    ])
  })

  test('moves towards its budget when it rises beyond chance, and says when it would be there', () => {
    const budget = budgetOver(14, (at) => 300 + 20 * at + noise(at))
    expect(budget?.movement).toBe('towards')
    expect(budget?.trend?.perStep).toBeGreaterThan(18)
    expect(budget?.reachedInRuns).toBeGreaterThan(15)
    expect(budget?.reachedInRuns).toBeLessThan(30)
  })

  test('says nothing of noise, of what stands still, and of too few runs', () => {
    expect(budgetOver(14, (at) => 300 + 20 * noise(at))?.movement).toBe('undecided')
    expect(budgetOver(14, () => 300)?.movement).toBe('undecided')
    const few = budgetOver(9, (at) => 300 + 50 * at)
    expect(few).toMatchObject({ movement: 'undecided' })
    expect(few?.trend).toBeUndefined()
  })

  test('moves away from its budget when it falls', () => {
    expect(budgetOver(12, (at) => 800 - 20 * at + noise(at))?.movement).toBe('away')
  })
})

test('the slowest guards come first, and one that gets slower says by how much', () => {
  const paths = Array.from({ length: 12 }, (_, at) =>
    run(at, [
      { id: 'A-1', durationMs: 1_000 },
      { id: 'A-2', durationMs: 4_000 + 100 * at },
    ]),
  )
  const { guards } = report(paths)
  expect(bySlowness(guards).map(({ guard }) => guard)).toEqual(['A-2', 'A-1'])
  const table = tablesOf(report(paths)).find(({ title }) => title.startsWith('Guards'))
  expect(table?.rows[0]?.cells.at(-1)).toBe('slower by 100 ms a run')
  expect(table?.rows[1]?.cells.at(-1)).toBe('')
})

test('what cannot be read is told in a sentence each, and the rest goes on', () => {
  const good = run(1, [{ id: 'A-1' }])
  const [torn, exploration, cutOff, foreign] = ['torn', 'exploration', 'cutOff', 'foreign'].map((name) =>
    join(root, name),
  )
  for (const folder of [torn, join(exploration as string, 'run-1'), cutOff, foreign])
    mkdirSync(folder as string, { recursive: true })
  writeFileSync(join(torn as string, 'run.json'), '{"version":1,')
  writeFileSync(join(exploration as string, 'run-1', 'plan.json'), '{}')
  writeFileSync(join(cutOff as string, 'progress.jsonl'), '')
  const file = join(good, 'run.json')
  writeFileSync(join(good, 'A-1', 'guard.json'), 'torn')
  const paths = [good, torn, exploration, cutOff, foreign, join(root, 'nothing'), file] as string[]
  const { runs, unread } = report(paths)
  expect(runs).toHaveLength(1)
  expect(unread).toEqual([
    expect.stringMatching(/A-1\/guard\.json cannot be read/),
    expect.stringMatching(/torn\/run\.json cannot be read/),
    expect.stringMatching(/exploration is of an exploration, not of a run of guards\.$/),
    expect.stringMatching(/cutOff holds no run\.json: that run is not over, or was cut off\.$/),
    expect.stringMatching(/foreign holds no run\.json, so it is no folder of a run\.$/),
    expect.stringMatching(/nothing is not there\.$/),
    expect.stringMatching(/run\.json is no folder of a run, but a file\.$/),
  ])
})

test('a sparkline goes from the least value to the greatest', () => {
  const series = (values: number[]) => ({ values, first: 0, median: 0, last: 0, worst: 0 })
  expect(sparkline(series([1, 8, 4.5]))).toBe('▁█▅')
  expect(sparkline(series([5, 5, 5]))).toBe('▄▄▄')
  expect(sparkline(series([]))).toBe('')
})

test('the page draws each series and its budget, loads nothing and shows messages as text', () => {
  const message = 'held <img src=x onerror=alert(1)> of 7\nOpen it'
  const page = runsPage(
    report([run(1, [{ id: 'A-1', peak: 100 }]), run(2, [{ id: 'A-1', peak: 900, outcome: 'failed', message }])]),
  )
  expect(page.match(/<polyline/g)).toHaveLength(2)
  expect(page.match(/stroke-dasharray/g)).toHaveLength(1)
  expect(page).toContain('held &lt;img src=x onerror=alert(1)&gt; of 7')
  expect(page).toContain('Flakes: passed and failed on the same code')
  expect(page).not.toMatch(/(?:src|href)="(?:https?:|\/\/)/)
})
