import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { awaitReading } from '@breakwater/harness'
import { expect, test } from 'vitest'
import type { ExploreResult } from '../harness/src/explore/explore.ts'
import { breakwater, repositoryRoot, start } from './breakwater.ts'
import { nodesOf } from './nodesOf.ts'

const system = 'selfTests/samples/echo/exploration.ts'
const explore = (words: readonly string[]) => breakwater(['explore', '--system', system, ...words])
const resultOf = (stdout: string) => JSON.parse(stdout) as ExploreResult

test('an exploration in which nothing is found tells what it met and what it never met', async () => {
  const { exitCode, stdout, stderr } = await explore(['--runs', '3', '--workload', 'sturdy', '--seed', '71', '--json'])
  expect(exitCode, stderr).toBe(0)
  const { runs, found, operations, coverage, weak, faults } = resultOf(stdout)
  expect([runs, found]).toEqual([3, []])
  expect(operations.ok).toBeGreaterThan(0)
  expect(coverage.workloads).toEqual({ sturdy: 3 })
  expect(coverage.reached.listening).toBeDefined()
  expect(coverage.never.states).toEqual(['burning'])
  // Every life of the sample begins with this line, and none has another.
  const { onNode } = coverage.sequences
  expect(onNode.reached.restarted?.listening ?? 0).toBe(onNode.reached.listening?.restarted ?? 0)
  expect(onNode.missed.listening).toContain('burning')
  expect(weak).toEqual([])
  expect(faults.effective).toBeGreaterThan(faults.drawn / 2)
  expect(stderr).toMatch(/run 3 {2}passed {2}sturdy, 2 nodes/)
})

test('what is found is shrunk to what it takes, and replayed', { timeout: 400_000 }, async () => {
  const { exitCode, stdout, stderr } = await explore(['--workload', 'frail', '--seed', '3', '--json'])
  expect(exitCode, stderr).toBe(1)
  const [found] = resultOf(stdout).found
  expect(found?.findings[0]).toMatchObject({ by: 'observe', message: expect.stringContaining('lost what they knew') })
  const { shrunk } = found ?? {}
  const left = shrunk?.plan.schedule.faults ?? []
  expect(left).toHaveLength(1)
  expect(['kill', 'powerCut']).toContain(left[0]?.family)
  expect(shrunk).toMatchObject({
    failed: 10,
    repeats: 10,
    highestRatio: 1,
    gaveUp: false,
    before: { failed: 5, repeats: 5 },
  })
  const folder = shrunk?.folder ?? ''
  expect(existsSync(join(repositoryRoot, folder, 'history.jsonl'))).toBe(true)

  const replayed = await breakwater(['replay', folder, '--system', system, '--repeat', '2', '--json'])
  expect(replayed.exitCode, replayed.stderr).toBe(1)
  expect(JSON.parse(replayed.stdout)).toMatchObject({ failed: 2, repeats: 2, plan: { schedule: { faults: left } } })
})

test('the same seed explores the same schedules', async () => {
  const again = () => explore(['--workload', 'frail', '--seed', '3', '--shrink-tries', '0', '--json'])
  const [one, other] = [resultOf((await again()).stdout), resultOf((await again()).stdout)]
  expect(one.found[0]?.run).toBe(other.found[0]?.run)
  expect(one.found[0]?.plan).toEqual(other.found[0]?.plan)
})

test('runs that lack every witness are inconclusive, never passed', async () => {
  const { exitCode, stdout, stderr } = await explore(['--workload', 'silent', '--runs', '2', '--json'])
  expect(exitCode, stderr).toBe(3)
  expect(resultOf(stdout)).toMatchObject({ unknown: { losesNothing: 2 }, neverJudged: ['losesNothing'] })
})

test('only runs in which something was found keep their folder, and what was told is kept beside them', async () => {
  const { stdout } = await explore(['--runs', '4', '--workload', 'frail', '--seed', '3', '--keep-going', '--json'])
  const { found, runs } = resultOf(stdout)
  expect(runs).toBe(4)
  expect(found.length).toBeGreaterThan(0)
  const folder = join(repositoryRoot, found[0]?.folder ?? '', '..')
  const kept = ['explore.json', 'report.html', ...found.map(({ run }) => `run-${run}`).sort()]
  expect(readdirSync(folder).sort()).toEqual(kept)
  const page = readFileSync(join(folder, 'report.html'), 'utf8')
  for (const { run } of found) expect(page).toContain(`href="run-${run}/report.html"`)
  expect(page).toContain('lost what they knew')
  expect(page).toContain('the state burning')
  expect(resultOf(readFileSync(join(folder, 'explore.json'), 'utf8'))).toEqual(resultOf(stdout))
})

test('an interrupted exploration ends what it started', async () => {
  const label = `explore-${process.pid}`
  const runner = start(['explore', '--system', system, '--runs', '500', '--workload', 'sturdy'], { SELF_TEST: label })
  await awaitReading({
    what: 'nodes to run',
    budget: 60_000,
    probe: () => nodesOf(label),
    until: (count) => count > 0,
  })
  runner.kill('SIGINT')
  const { exitCode, stdout } = await runner
  expect(exitCode).toBe(130)
  expect(stdout).toContain('interrupted')
  expect(nodesOf(label)).toBe(0)
})

test.each([
  ['hangsInSettle', 'SIGINT'],
  ['hangsInHeal', 'SIGTERM'],
  ['hangsInStart', 'SIGINT'],
] as const)('an exploration that %s is over within 10 s of %s', { timeout: 120_000 }, async (workload, signal) => {
  const label = `explore-${workload}-${process.pid}`
  const runner = start(['explore', '--system', system, '--runs', '500', '--workload', workload], { SELF_TEST: label })
  let said = ''
  runner.stderr?.on('data', (chunk: Buffer) => {
    said += chunk
  })
  await awaitReading({
    what: `the exploration to hang`,
    budget: 60_000,
    probe: () => (workload === 'hangsInStart' ? nodesOf(label) === 2 : said.includes('hangs in')),
    until: Boolean,
  })
  const askedAtMs = Date.now()
  runner.kill(signal)
  const { exitCode } = await runner
  expect(Date.now() - askedAtMs).toBeLessThan(10_000)
  expect(exitCode).toBe(signal === 'SIGINT' ? 130 : 143)
  await awaitReading({
    what: 'its nodes to be gone',
    budget: 5_000,
    probe: () => nodesOf(label),
    until: (left) => left === 0,
  })
})

test('runs in which next to nothing was done are weak: told with their reason, and no evidence', async () => {
  const words = ['--workload', 'idle', '--runs', '2', '--seed', '71']
  const { exitCode, stdout, stderr } = await explore([...words, '--json'])
  expect(exitCode, stderr).toBe(3)
  const { runs, found, weak, faults } = resultOf(stdout)
  expect([runs, found]).toEqual([2, []])
  expect(weak.map(({ run, workload }) => [run, workload])).toEqual([
    [1, 'idle'],
    [2, 'idle'],
  ])
  expect(weak[0]?.why).toMatch(/^\d+ operations were acknowledged, and at least 20 are needed/)
  expect(faults.effective).toBeGreaterThan(0)
  expect(stderr).toMatch(/run 2 {2}weak {2}idle/)
})

test.each([
  ['leaky', 'resources', /^n\d has \d+ files open that were removed \(.*leaked-0\)$/],
  ['shouting', 'log', /^n\d logged an error that no pattern of expectedErrors allows.*on fire, and nobody declared it/],
])('what a node of %s holds or says once all is healed is found', async (workload, by, message) => {
  const words = ['--workload', workload, '--runs', '4', '--seed', '71', '--shrink-tries', '0']
  const { exitCode, stdout, stderr } = await explore([...words, '--json'])
  expect(exitCode, stderr).toBe(1)
  const { findings } = resultOf(stdout).found[0] ?? {}
  expect(new Set(findings?.map((finding) => finding.by))).toEqual(new Set([by]))
  expect(findings?.[0]?.message).toMatch(message)
})

test('a system without an exploration, and a workload that it lacks, are refused with what there is', async () => {
  const unknown = await breakwater(['explore', '--system', 'nobody'])
  expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringMatching(/no exploration of "nobody".*peer/)])
  const lacking = await explore(['--workload', 'nothing'])
  expect([lacking.exitCode, lacking.stderr]).toEqual([
    2,
    expect.stringMatching(/no workload "nothing"; it has: sturdy, frail/),
  ])
})

test('a folder that holds nothing to replay is refused', async () => {
  const { exitCode, stderr } = await breakwater(['replay', 'docs'])
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/neither plan\.json.*nor run\.json/)])
})
