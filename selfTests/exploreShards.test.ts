import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { ExploreResult } from '../harness/src/explore/explore.ts'
import type { MergedExploration } from '../harness/src/explore/mergeExplorations.ts'
import { breakwater, repositoryRoot } from './breakwater.ts'

const system = 'selfTests/samples/echo/exploration.ts'
const explore = (words: readonly string[]) => breakwater(['explore', '--system', system, '--seed', '3', ...words])
const folderIn = (stderr: string) => dirname(/All of it: (\S+)/.exec(stderr)?.[1] ?? '')

test('two shards play what one machine would, and the report puts them together', { timeout: 400_000 }, async () => {
  const frail = ['--workload', 'frail', '--runs', '4', '--keep-going', '--json']
  const whole = JSON.parse((await explore(frail)).stdout) as ExploreResult
  const folders: string[] = []
  for (const shard of ['1/2', '2/2']) {
    const { stdout, stderr } = await explore([...frail, '--shard', shard])
    expect(JSON.parse(stdout)).toMatchObject({ shard, runs: 2 })
    folders.push(folderIn(stderr))
  }
  const root = mkdtempSync(join(tmpdir(), 'breakwater-test-'))
  try {
    const html = join(root, 'explored.html')
    const { exitCode, stdout, stderr } = await breakwater(['report', ...folders, '--html', html, '--json'])
    const merged = JSON.parse(stdout) as MergedExploration
    expect(merged.found.map(({ run, plan }) => [run, plan])).toEqual(whole.found.map(({ run, plan }) => [run, plan]))
    expect(exitCode, stderr).toBe(1)
    expect(merged.runs).toBe(4)
    expect(merged.coverage.workloads).toEqual({ frail: 4 })
    for (const { folder } of merged.found) expect(existsSync(join(repositoryRoot, folder, 'plan.json'))).toBe(true)
    expect(readFileSync(html, 'utf8')).toContain('Found in run')

    const part = await breakwater(['report', folders[0] ?? '', '--json'])
    expect(JSON.parse(part.stdout)).toMatchObject({ missing: ['2/2'] })
  } finally {
    rmSync(root, { recursive: true })
  }
})

test.each([
  [['--shard', '1/2'], /--shard 1\/2 needs the seed that all shards share: add --seed/],
  [['--shard', '3/3', '--seed', '1', '--runs', '2'], /--shard 3\/3 of 2 runs has none/],
])('%s is refused', async (words, why) => {
  const { exitCode, stderr } = await breakwater(['explore', '--system', system, ...words])
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(why)])
})
