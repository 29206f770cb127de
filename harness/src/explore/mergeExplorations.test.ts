import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Coverage } from './coverage.ts'
import { type ExploreResult, outcomeOf } from './explore.ts'
import { explorePage } from './explorePage.ts'
import { mergeExplorations } from './mergeExplorations.ts'
import type { ExplorationPlan } from './plan.ts'
import { explorationFolders, readExplorations } from './readExplorations.ts'

const plan: ExplorationPlan = {
  version: 1,
  system: 'pond',
  seed: 5,
  runtime: 'process',
  workload: 'rows',
  nodes: 2,
  settings: {},
  schedule: { version: 1, seed: 5, nodes: ['n1', 'n2'], durationMs: 100, faults: [] },
}
const coverage = () =>
  new Coverage({ workloads: { rows: ['kill'] }, states: { begun: /begun/ }, several: true }).report()
const shard = (index: number, more: Partial<ExploreResult> = {}): ExploreResult => ({
  system: 'pond',
  seed: 7,
  shard: `${index}/3`,
  runtime: 'process',
  runs: 10,
  found: [],
  weak: [],
  troubled: [],
  faults: { drawn: 20, opened: 15, effective: 12 },
  operations: { ok: 100, fail: 5, info: 1 },
  unknown: {},
  judged: ['converges'],
  neverJudged: [],
  coverage: coverage(),
  durationMs: 1_000,
  interrupted: false,
  ...more,
})
const merged = (...results: ExploreResult[]) =>
  mergeExplorations(results.map((result, at) => ({ folder: `shard-${at}`, result })))

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'breakwater-test-'))
})
afterEach(() => rmSync(root, { recursive: true }))
const save = (path: string, result: object) => {
  mkdirSync(join(root, path), { recursive: true })
  writeFileSync(join(root, path, 'explore.json'), JSON.stringify(result))
}

test('sums and findings of all shards are together, in the order of their runs', () => {
  const finding = (run: number) => ({
    run,
    plan,
    findings: [{ by: 'converges', message: `at ${run}` }],
    folder: `run-${run}`,
  })
  const weak = [{ run: 3, workload: 'rows', why: 'too little' }]
  const all = merged(shard(1, { found: [finding(7)] }), shard(2, { found: [finding(2)] }), shard(3, { weak }))
  expect([all.runs, all.operations.ok, all.faults.effective]).toEqual([30, 300, 36])
  expect(all.found.map(({ run }) => run)).toEqual([2, 7])
  expect(all.weak).toEqual(weak)
  expect([all.missing, outcomeOf(all)]).toEqual([[], 'failed'])
})

test('a checker that judged on one machine was judged, though it never did on the others', () => {
  const idle = { judged: [], neverJudged: ['losesNothing'] }
  expect(merged(shard(1, idle), shard(2, { judged: ['losesNothing'] }), shard(3, idle)).neverJudged).toEqual([])
  const all = merged(shard(1, idle), shard(2), shard(3, idle))
  expect([all.neverJudged, outcomeOf(all)]).toEqual([['losesNothing'], 'inconclusive'])
})

test('a shard without a result is told as missing, on the page, too', () => {
  const all = merged(shard(1), shard(3))
  expect(all.missing).toEqual(['2/3'])
  expect(explorePage(all)).toContain('There is no result of 2/3.')
})

test.each([
  ['of another seed', shard(2, { seed: 8 }), /seed 7.*seed 8.*are not of one exploration/],
  ['of another system', shard(2, { system: 'lake' }), /are not of one exploration/],
  ['of another build', shard(2, { build: 'leaky' }), /pond with leaky/],
  ['in another number of parts', shard(2, { shard: '2/4' }), /in 3 parts.*in 4 parts/],
  ['the same shard again', shard(1), /shard-0 and shard-1 both hold shard 1\/3/],
])('%s is refused', (_, other, why) => {
  expect(() => merged(shard(1), other)).toThrow(why)
})

test('shards are found in the folders that jobs leave, and findings lie where they are now', () => {
  const found = [{ run: 1, plan, findings: [{ by: 'start', message: 'no' }], folder: '.breakwater/runs/x-7/run-1' }]
  save('peer-1/runs/x-7', shard(1, { found }))
  save('peer-2/y-7', shard(2))
  const folders = explorationFolders([root])
  expect(folders).toEqual([join(root, 'peer-1/runs/x-7'), join(root, 'peer-2/y-7')])
  const { read, unread } = readExplorations(folders)
  expect(unread).toEqual([])
  expect(read[0]?.result.found[0]?.folder).toBe(join(root, 'peer-1/runs/x-7/run-1'))
  expect(read[1]?.result).toEqual(shard(2))
})

test('what is no result is told by what is wrong with it, and the others are read', () => {
  save('a', { ...shard(1), runs: 'ten' })
  save('b', shard(2))
  const { read, unread } = readExplorations(explorationFolders([root]))
  expect(read).toHaveLength(1)
  expect(unread.join()).toMatch(/a\/explore\.json cannot be put together: .*runs must be a whole number/)
})
