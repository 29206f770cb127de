import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { awaitReading } from '@breakwater/harness'
import { expect, test } from 'vitest'
import type { SuiteResult } from '../harness/src/cli/suite.ts'
import { command, inFolder, repositoryRoot, samples, start } from './breakwater.ts'
import { nodesOf } from './nodesOf.ts'
import { holdToSchemas } from './schema.ts'

const words = (...more: string[]) => ['suite', 'SAMPLE-1', 'SAMPLE-6', '--exact', '--seed', '71', '--json', ...more]

/** Until one guard has its verdict and the other hangs with its cluster up. */
async function startHanging(label: string, more: string[] = [], detached = false) {
  const [program, ...rest] = command(words(...more))
  const env = { ...process.env, ...samples, SELF_TEST: label }
  const child = spawn(program, rest, { cwd: repositoryRoot, env, detached, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
    })
  }
  const closed = once(child, 'close')
  await awaitReading({
    what: 'one guard to pass and one to hang',
    budget: 60_000,
    probe: () => printed.stderr,
    until: (text) => /passed {2}SAMPLE-1/.test(text) && /SAMPLE-6 {2}3 nodes up/.test(text),
  })
  const ended = async () => {
    const [exitCode] = await closed
    return { exitCode, result: JSON.parse(printed.stdout) as SuiteResult }
  }
  return { child, ended }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s keeps what was judged, ends what runs, and gives %s', async (signal, code) => {
  await inFolder(async (folder) => {
    const { child, ended } = await startHanging(`signal-${signal}`, ['--junit', join(folder, 'guards.xml')])
    child.kill(signal)
    const { exitCode, result } = await ended()
    expect(exitCode).toBe(code)
    holdToSchemas('suite', result)
    expect(result).toMatchObject({ interrupted: true, passed: 1, failed: 0, notRun: 1 })
    const runFolder = join(repositoryRoot, result.runFolder)
    const record = JSON.parse(readFileSync(join(runFolder, 'run.json'), 'utf8'))
    expect(record).toMatchObject({ interrupted: true, totals: { passed: 1, notRun: 1 } })
    // The guard that was ended has written down what it saw.
    expect(JSON.parse(readFileSync(join(runFolder, 'SAMPLE-6', 'guard.json'), 'utf8')).nodes).toHaveLength(3)
    expect(existsSync(join(runFolder, 'report.html'))).toBe(true)
    expect(readFileSync(join(folder, 'guards.xml'), 'utf8')).toContain('SAMPLE-1 a guard that passes')
    expect(nodesOf(`signal-${signal}`)).toBe(0)
  })
})

test('Ctrl-C of a terminal, which signals the whole group, and npm beside it, is one signal', async () => {
  const { child, ended } = await startHanging('signal-group', ['--for', '8h'], true)
  process.kill(-(child.pid as number), 'SIGINT')
  child.kill('SIGINT')
  const { exitCode, result } = await ended()
  expect(exitCode).toBe(130)
  expect(result.guards.map(({ outcome }) => outcome)).toEqual(['passed', 'notRun'])
  expect(existsSync(join(repositoryRoot, result.runFolder, 'SAMPLE-6', 'guard.json'))).toBe(true)
  expect(nodesOf('signal-group')).toBe(0)
})

test('a second signal leaves at once, and the watchdog ends what is left', async () => {
  const runner = start(['suite', 'SAMPLE-13', '--exact'], { ...samples, SELF_TEST: 'signal-twice' })
  await awaitReading({
    what: 'the cluster to be up',
    budget: 60_000,
    probe: () => nodesOf('signal-twice'),
    until: (count) => count === 1,
  })
  runner.kill('SIGINT')
  const sentAtMs = performance.now()
  await awaitReading({
    what: 'the second signal to be none of the first press',
    budget: 5_000,
    probe: () => performance.now() - sentAtMs,
    until: (ms) => ms > 400,
  })
  runner.kill('SIGINT')
  const ended = await runner
  expect(performance.now() - sentAtMs, 'it was not waited for').toBeLessThan(5_000)
  expect(ended.exitCode).toBe(130)
  await awaitReading({
    what: 'every node to be gone',
    budget: 5_000,
    probe: () => nodesOf('signal-twice'),
    until: (count) => count === 0,
  })
})
