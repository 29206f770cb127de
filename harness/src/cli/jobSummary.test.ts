import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { addToJobPage } from './jobPage.ts'
import { jobSummary, type SummarisedRun } from './jobSummary.ts'
import type { GuardRow } from './outcome.ts'

const row = (id: string, outcome: GuardRow['outcome'], change: Partial<GuardRow> = {}): GuardRow => ({
  ...{ id, outcome, title: `${id} n1 | n2 are <cut>`, file: 'a.test.ts', repeat: 1, durationMs: 2_411 },
  ...change,
})
const run: SummarisedRun = {
  ...{ passed: 1, failed: 2, inconclusive: 0, notRun: 1, seed: 71, runtime: 'docker', durationMs: 65_000 },
  scale: 'gate',
  guards: [
    row('PEER-1', 'passed', { repeat: 2 }),
    row('PEER-2', 'failed', { message: 'n2 holds \u001b[31m199\u001b[39m of 200 rows\nsecond ```line' }),
    row('PEER-3', 'notRun', { message: 'the runtime lacks firewall' }),
  ],
  errors: ['a.test.ts: cannot be loaded'],
}

test('a summary has every verdict, and for what failed its message and the command that repeats it', () => {
  const summary = jobSummary(run).join('\n\n')
  expect(summary).toMatch(/^### 1 passed, 2 failed, 0 inconclusive, 1 not run in 65 000 ms on docker, seed 71\n/)
  expect(summary).toContain('| PEER-1 n1 \\| n2 are &lt;cut> #2 | passed | 2 411 ms |  |')
  expect(summary).toContain('| PEER-2 n1 \\| n2 are &lt;cut> | **failed** |')
  expect(summary).toContain('| not run: the runtime lacks firewall |')
  expect(summary).toContain('\n````text\nfailed  PEER-2')
  expect(summary).toContain('  n2 holds 199 of 200 rows\n  second ```line\n')
  expect(summary).toContain('  Again: npm run suite -- PEER-2 --seed 71 --runtime docker\n````\n')
  expect(summary).toContain('error outside any guard: a.test.ts: cannot be loaded')
})

test('a guard that passed and failed among its repeats is told as a flake', () => {
  const rows = [row('PEER-1', 'passed'), row('PEER-2', 'passed'), row('PEER-2', 'failed'), row('PEER-2', 'passed')]
  expect(jobSummary({ ...run, guards: rows })).toContain('- PEER-2 failed 1 of 3 times')
  expect(jobSummary({ ...run, guards: rows.slice(0, 2) }).join('\n\n')).not.toContain('Flakes')
})

test('of many guards the slowest are told, of few none', () => {
  const guards = [1, 2, 3, 4, 5, 6].map((at) => row(`PEER-${at}`, 'passed', { durationMs: at * 1_000 }))
  expect(jobSummary({ ...run, guards })).toContain(
    'Slowest: PEER-6 6 000 ms, PEER-5 5 000 ms, PEER-4 4 000 ms, PEER-3 3 000 ms, PEER-2 2 000 ms',
  )
  expect(jobSummary(run).join('\n\n')).not.toContain('Slowest')
})

test('what a verdict rests on is told from the folder of its guard, and a guard without a folder has no row', () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-summary-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const witness = { keysRequired: 1_200, keysLost: 0 }
  const checks = [
    { checker: 'losesNothing', verdict: 'valid', witness },
    { checker: 'converges', verdict: 'unknown', witness: { digestsRead: 0 } },
  ]
  writeFileSync(join(folder, 'guard.json'), JSON.stringify({ checks, faults: [{}, {}] }))
  const told = jobSummary({ ...run, guards: [row('PEER-1', 'passed', { folder }), row('PEER-2', 'passed')] }).join('\n')
  expect(told).toContain(
    '| PEER-1 | losesNothing valid: keysRequired 1 200<br>converges unknown: nothing seen<br>2 faults |',
  )
  expect(told).not.toContain('| PEER-2 | ')
  expect(jobSummary(run).join('\n\n')).not.toContain('rest on')
})

test('a guard that had a seed of its own is repeated with that', () => {
  const guards = [row('PEER-2', 'failed', { message: 'no', seed: 75 })]
  expect(jobSummary({ ...run, guards }).join('\n\n')).toContain('npm run suite -- PEER-2 --seed 75 ')
})

test('it is added to the file that the job names, and to none where there is no job', () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-summary-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'summary.md')
  writeFileSync(path, 'what was there\n')
  addToJobPage(['one', 'two'], { GITHUB_STEP_SUMMARY: path })
  expect(readFileSync(path, 'utf8')).toBe('what was there\none\n\ntwo\n\n')
  expect(() => addToJobPage(['one'], {})).not.toThrow()
})
