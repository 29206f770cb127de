import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SuiteResult } from '../harness/src/cli/suite.ts'
import { breakwater, inFolder, repositoryRoot, samples } from './breakwater.ts'

async function runSamples(...ids: string[]) {
  const ended = await breakwater(['suite', ...ids, '--seed', '71', '--json'], samples)
  return { ...ended, result: JSON.parse(ended.stdout) as SuiteResult }
}

const messageOf = (result: SuiteResult, id: string) => result.guards.find((guard) => guard.id === id)?.message

test('guards that pass end with exit 0 and leave a run folder', async () => {
  const { exitCode, result } = await runSamples('SAMPLE-1', 'SAMPLE-7')
  expect(result).toMatchObject({ passed: 2, failed: 0, inconclusive: 0, notRun: 0, seed: 71 })
  expect(exitCode).toBe(0)
  const folder = join(repositoryRoot, result.runFolder)
  for (const name of [
    'run.json',
    'report.html',
    'SAMPLE-1/report.html',
    'SAMPLE-1/history.jsonl',
    'SAMPLE-1/guard.json',
    'SAMPLE-1/n1.1.log',
  ]) {
    expect(existsSync(join(folder, name)), name).toBe(true)
  }
})

test('a run at full scale keeps that in its folder, so that it is repeated at the scale it had', async () => {
  const words = ['suite', 'SAMPLE-1', '--exact', '--seed', '71', '--scale', 'full', '--json']
  const { stdout } = await breakwater(words, samples)
  const { scale, runFolder } = JSON.parse(stdout) as SuiteResult
  expect(scale).toBe('full')
  const record = JSON.parse(readFileSync(join(repositoryRoot, runFolder, 'run.json'), 'utf8'))
  expect(record).toMatchObject({ scale: 'full' })
})

test('a wait in vain while the host stalled is inconclusive, and the reading of the host is told', async () => {
  const { exitCode, result } = await runSamples('SAMPLE-17')
  expect(exitCode).toBe(3)
  expect(messageOf(result, 'SAMPLE-17')).toMatch(
    /an answer that never comes.*\[BUDGET_SPENT\]\nMeanwhile the host stalled for/s,
  )
})

test('a fault that never fired makes its guard inconclusive, with an exit code of its own', async () => {
  const { exitCode, result } = await runSamples('SAMPLE-3', 'SAMPLE-9')
  expect(result).toMatchObject({ passed: 0, failed: 0, inconclusive: 2 })
  expect(messageOf(result, 'SAMPLE-3')).toMatch(/fired 0 times.*proved nothing.*\[INCONCLUSIVE\]/s)
  expect(exitCode).toBe(3)
})

test('a fault that did nothing makes its guard inconclusive though nobody asked, unless it was said that it may', async () => {
  const { exitCode, result } = await runSamples('SAMPLE-14', 'SAMPLE-15', 'SAMPLE-16')
  expect(result).toMatchObject({ passed: 1, failed: 1, inconclusive: 1 })
  expect(messageOf(result, 'SAMPLE-14')).toMatch(
    /^The fault "partition n1 \| n2" did nothing \(\{"bytesHeld":0,.*proves nothing\. Let it take effect .*mayDoNothing\(\).*\[INCONCLUSIVE\]$/,
  )
  expect(messageOf(result, 'SAMPLE-16')).toMatch(/teapot/)
  expect(messageOf(result, 'SAMPLE-16')).not.toContain('did nothing')
  expect(exitCode).toBe(1)
})

test('a failed assertion is told with the file to open and the command that repeats it', async () => {
  const ended = await breakwater(['suite', 'SAMPLE-2', '--seed', '71'], samples)
  expect(ended.exitCode).toBe(1)
  expect(ended.stdout).toContain('n2 answers with a teapot')
  expect(ended.stdout).toContain('npm run suite -- SAMPLE-2 --seed 71')
  const path = /Open (\S+)/.exec(ended.stdout)?.[1] ?? 'no path was told'
  expect(path).toMatch(/SAMPLE-2\/report\.html$/)
  const report = readFileSync(join(repositoryRoot, path), 'utf8')
  expect(report).toContain('n2 answers with a teapot')
  expect(report).toContain('npm run suite -- SAMPLE-2 --seed 71')
})

test('an end, an error or a process left that the test did not declare fails it by name', async () => {
  const { exitCode, result } = await runSamples('SAMPLE-4', 'SAMPLE-5', 'SAMPLE-8', 'SAMPLE-11')
  // A start that takes too long is inconclusive where this host is starved, and says so.
  expect([result.passed, result.failed + result.inconclusive]).toEqual([0, 4])
  expect(result.inconclusive > 0).toBe(/Meanwhile the h/.test(messageOf(result, 'SAMPLE-8') ?? ''))
  expect(messageOf(result, 'SAMPLE-4')).toMatch(
    /n1 ended with exit code 7 although nobody asked it to.*\[NODE_EXITED\]/s,
  )
  expect(messageOf(result, 'SAMPLE-5')).toMatch(/unhandledRejection.*nobody caught this.*\[NODE_ERROR\]/s)
  expect(messageOf(result, 'SAMPLE-8')).toMatch(/Waited 500 ms for n1 to be ready.*\[NODE_NOT_READY\]/s)
  expect(messageOf(result, 'SAMPLE-11')).toMatch(/left behind: n1\.1 left process group .*\[LEFT_BEHIND\]/s)
  expect(exitCode).toBe(1)
})

test('a command that cannot be run is one sentence', async () => {
  const env = { ...samples, BREAKWATER_ECHO_COMMAND: 'no-such-program --flag' }
  const ended = await breakwater(['suite', 'SAMPLE-1', '--json'], env)
  const result = JSON.parse(ended.stdout) as SuiteResult
  expect(messageOf(result, 'SAMPLE-1')).toMatch(/command of n\d cannot be run: no-such-program.*\[COMMAND_NOT_FOUND\]/)
})

test('a job of CI is left JUnit XML, and a summary with the message and the command that repeats it', async () => {
  await inFolder(async (folder) => {
    const [xml, summary] = [join(folder, 'guards.xml'), join(folder, 'summary.md')]
    const env = { ...samples, GITHUB_STEP_SUMMARY: summary }
    const ended = await breakwater(['suite', 'SAMPLE-1', 'SAMPLE-2', '--exact', '--seed', '71', '--junit', xml], env)
    expect(ended.exitCode).toBe(1)
    expect(readFileSync(xml, 'utf8')).toMatch(/<testsuites tests="2" failures="1" errors="0" skipped="0">/)
    const told = readFileSync(summary, 'utf8')
    expect(told).toContain('### 1 passed, 1 failed, 0 inconclusive, 0 not run')
    expect(told).toContain('| SAMPLE-1 a guard that passes | passed |')
    expect(told).toContain('n2 answers with a teapot')
    expect(told).toContain('Again: npm run suite -- SAMPLE-2 --seed 71')
  })
})

test('a soak runs its guards until the time is over, each time from the next seed', async () => {
  const words = ['suite', 'SAMPLE-1', '--exact', '--for', '3s', '--seed', '71', '--json']
  const ended = await breakwater(words, samples)
  const result = JSON.parse(ended.stdout) as SuiteResult
  expect(result.durationMs).toBeGreaterThanOrEqual(3_000)
  expect(result.guards.map(({ repeat, seed }) => [repeat, seed])).toEqual(
    result.guards.map((_, at) => [at + 1, 71 + at]),
  )
  const seeds = result.guards.map(({ folder = '' }) => {
    const guard = JSON.parse(readFileSync(join(repositoryRoot, folder, 'guard.json'), 'utf8')) as { seed: number }
    return guard.seed
  })
  expect(seeds).toEqual(result.guards.map((_, at) => 71 + at))
})

test('a guard that the runtime cannot serve is not run, and says what is lacking', async () => {
  const { result } = await runSamples('SAMPLE-1', 'SAMPLE-10')
  expect(result).toMatchObject({ passed: 1, failed: 0, inconclusive: 0, notRun: 1 })
  expect(messageOf(result, 'SAMPLE-10')).toContain('lacks kernelMemoryLimit')
})
