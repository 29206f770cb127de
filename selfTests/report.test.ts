import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { SuiteResult } from '../harness/src/cli/suite.ts'
import type { RunsReport } from '../harness/src/run/trend/compareRuns.ts'
import { breakwater, inFolder, samples } from './breakwater.ts'

/** Two runs of one guard on the same code: it passes, and fails when it is told to. */
let folders: string[]
beforeAll(async () => {
  folders = []
  for (const fails of ['', '1']) {
    const words = ['suite', 'SAMPLE-12', '--exact', '--seed', '71', '--json']
    const { stdout, stderr } = await breakwater(words, { ...samples, SAMPLE_FAILS: fails })
    expect(stdout, stderr).toMatch(/^\{/)
    folders.push((JSON.parse(stdout) as SuiteResult).runFolder)
  }
}, 120_000)

test('two real runs of the same code are compared, and the guard that did both is a flake', async () => {
  const { exitCode, stdout, stderr } = await breakwater(['report', ...folders, 'docs', '--json'])
  expect(exitCode, stderr).toBe(0)
  const { runs, guards, budgets, unread } = JSON.parse(stdout) as RunsReport
  expect(runs.map(({ totals }) => [totals.passed, totals.failed])).toEqual([
    [1, 0],
    [0, 1],
  ])
  expect(guards).toMatchObject([
    {
      guard: 'SAMPLE-12',
      passed: 1,
      failed: 1,
      flakes: [{ code: { commit: expect.stringMatching(/^[0-9a-f]{40}$/) }, passed: 1, failed: 1 }],
      lastFailure: {
        message: expect.stringContaining('it was told to'),
        again: 'npm run suite -- SAMPLE-12 --seed 71',
      },
    },
  ])
  expect(budgets).toMatchObject([{ reading: 'answers', limit: 10, values: [1, 1], movement: 'undecided' }])
  expect(unread).toEqual(['docs holds no run.json, so it is no folder of a run.'])
  expect(stderr).toContain('docs holds no run.json')
})

test('people are shown tables, a page and Markdown of the same', async () => {
  await inFolder(async (folder) => {
    const { stdout } = await breakwater(['report', ...folders])
    expect(stdout).toContain('Flakes: passed and failed on the same code')
    expect(stdout).toMatch(/SAMPLE-12 +│ answers +│ 2 +│ .*10 %.*▄▄/)
    const markdown = await breakwater(['report', ...folders, '--markdown'])
    expect(markdown.stdout).toContain('### 2 runs compared')
    expect(markdown.stdout).toMatch(/\| \*\*SAMPLE-12\*\* \| .*npm run suite -- SAMPLE-12 --seed 71 \|/)
    const path = join(folder, 'runs.html')
    expect((await breakwater(['report', ...folders, '--html', path])).exitCode).toBe(0)
    expect(readFileSync(path, 'utf8')).toContain('<polyline')
  })
})

test('the report of a single run is made again', async () => {
  const { exitCode, stdout } = await breakwater(['report', folders[0] ?? ''])
  expect([exitCode, stdout]).toEqual([0, `${folders[0]}/report.html`])
})

test('where there is no run at all, that is told, with exit 2', async () => {
  await inFolder(async (folder) => {
    mkdirSync(join(folder, 'empty'))
    const { exitCode, stderr } = await breakwater(['report', join(folder, 'empty'), join(folder, 'nothing')])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/nothing is not there\.\n.*There is no run to report of in .*\[BAD_USAGE\]/s)
  })
})
