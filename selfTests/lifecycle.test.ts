import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SuiteResult } from '../harness/src/cli/suite.ts'
import { breakwater, inFolder, repositoryRoot } from './breakwater.ts'

const env = { BREAKWATER_GUARDS: 'selfTests/samples/lifecycle/*.sample.ts' }

async function run(...ids: string[]) {
  const ended = await breakwater(['suite', ...ids, '--exact', '--seed', '71', '--json'], env)
  const result = JSON.parse(ended.stdout) as SuiteResult
  const of = (id: string) => result.guards.find((guard) => guard.id === id)
  return { exitCode: ended.exitCode, result, of, ids: result.guards.map(({ id }) => id) }
}

test('a beforeAll that throws fails the guards of its group, and no other', async () => {
  const { exitCode, of } = await run('ZZ-1', 'ZZ-2')
  expect(of('ZZ-1')).toMatchObject({ outcome: 'passed' })
  expect(of('ZZ-2')).toMatchObject({ outcome: 'failed' })
  expect(of('ZZ-2')?.message).toMatch(/not run: a hook of the group "a group" failed: the fixture could not be made/)
  expect(exitCode).toBe(1)
})

test('a hook of the file, and a file that throws when it is loaded, fail each guard in it', async () => {
  const { exitCode, result, of } = await run('ZZ-3', 'ZZ-15')
  expect(of('ZZ-3')?.message).toMatch(/a hook of its file failed: the fixture of the file could not be made/)
  expect(of('ZZ-15')?.message).toMatch(/its file could not be loaded: the constants of this file could not be read/)
  expect(result).toMatchObject({ passed: 0, failed: 2, notRun: 0, errors: [] })
  expect(exitCode).toBe(1)
})

test('an afterAll that throws fails what it comes after, groups within groups included', async () => {
  const { exitCode, result, of } = await run('ZZ-4', 'ZZ-16', 'ZZ-17', 'ZZ-18')
  expect(of('ZZ-4')?.message).toMatch(/the group "a group" failed after it: the teardown found a leak/)
  expect(of('ZZ-16')?.message).toMatch(/"an outer group" failed after it: the outer teardown failed/)
  expect(of('ZZ-17')?.message).toMatch(/expected 1 to be 2.*the outer teardown failed/s)
  expect(of('ZZ-18')?.message).toBe('nothing could be prepared')
  expect(result.failed).toBe(4)
  expect(exitCode).toBe(1)
})

test('a process that dies leaves a row for each of its guards, and costs those of other files nothing', async () => {
  const { exitCode, ids, of, result } = await run('ZZ-1', 'ZZ-6', 'ZZ-12', 'ZZ-13', 'ZZ-14')
  expect(ids).toEqual(['ZZ-1', 'ZZ-6', 'ZZ-12', 'ZZ-13', 'ZZ-14'])
  expect(of('ZZ-1')).toMatchObject({ outcome: 'passed' })
  for (const id of ['ZZ-6', 'ZZ-13', 'ZZ-14']) {
    expect(of(id), id).toMatchObject({ outcome: 'failed', code: 'NO_RESULT' })
    expect(of(id)?.message, id).toBe('Its process ended with signal SIGKILL before it had a result. [NO_RESULT]')
  }
  expect(result.errors).toEqual([])
  expect(exitCode).toBe(1)
  const record = JSON.parse(readFileSync(join(repositoryRoot, result.runFolder, 'run.json'), 'utf8'))
  expect(record.guards).toHaveLength(5)
})

test('an error that nobody caught fails the run and says where it came from', async () => {
  const { exitCode, result } = await run('ZZ-5')
  expect(result.errors).toEqual([expect.stringMatching(/nobody listens \(during .*unhandled\.sample\.ts\)/)])
  expect(exitCode).toBe(1)
})

test('a guard that asks to be tried again is refused in a sentence', async () => {
  const { exitCode, of } = await run('ZZ-7')
  expect(of('ZZ-7')?.message).toBe(
    'ZZ-7 asks for "retry", which guards do not have: take it away, and see how often it fails with --repeat. [BAD_USAGE]',
  )
  expect(exitCode).toBe(1)
})

test('a test file that cannot be read fails a run of everything, and is named', async () => {
  await inFolder(async (folder) => {
    const { writeFileSync } = await import('node:fs')
    writeFileSync(
      join(folder, 'broken.sample.ts'),
      "import { test } from 'vitest'\ntest('ZZ-20 half a guard', () => {\n",
    )
    const own = { BREAKWATER_GUARDS: `${folder}/*.sample.ts` }
    const listed = await breakwater(['suite', '--list'], own)
    expect(listed.stderr).toMatch(/broken\.sample\.ts cannot be read: /)
    expect(listed.exitCode).toBe(1)
  })
})
