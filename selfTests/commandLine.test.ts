import { expect, test } from 'vitest'
import { breakwater } from './breakwater.ts'

test('an unknown guard is one sentence with the nearest name, and exit 2', async () => {
  const ended = await breakwater(['suite', 'recieveBacklog'])
  expect(ended.exitCode).toBe(2)
  expect(ended.stderr).toContain('did you mean "receiveBacklog"?')
  expect(ended.stderr.trim().split('\n')).toHaveLength(1)
})

test('an unknown option is named with the nearest one, and exit 2', async () => {
  const ended = await breakwater(['suite', '--sede', '1'])
  expect(ended.exitCode).toBe(2)
  expect(ended.stderr).toContain('--seed')
})

test('values that cannot be are refused with what they may be', async () => {
  for (const words of [
    ['--seed', 'abc'],
    ['--seed', '-1'],
    ['--repeat', '0'],
    ['--runtime', 'moon'],
  ]) {
    const ended = await breakwater(['suite', 'PEER-1', ...words])
    expect(ended.exitCode, words.join(' ')).toBe(2)
    expect(ended.stderr, words.join(' ')).toMatch(/whole number|knows: process/)
  }
})

test('an unknown known-bad build is named with the nearest one, and exit 2', async () => {
  const ended = await breakwater(['prove', 'recieve-unbounded'])
  expect(ended.exitCode).toBe(2)
  expect(ended.stderr).toContain('did you mean "receive-unbounded"?')
})

test('every command explains itself', async () => {
  for (const words of [[], ['suite'], ['prove'], ['judge'], ['clean']]) {
    const ended = await breakwater([...words, '--help'])
    expect(ended.exitCode).toBe(0)
    expect(ended.stdout).toContain('Usage: breakwater')
  }
})

test('the list of guards is one JSON array, each with its id and whether it is in the gate', async () => {
  const ended = await breakwater(['suite', '--list', '--json'])
  const guards = JSON.parse(ended.stdout) as { id: string; gate: boolean }[]
  const gate = guards.filter((guard) => guard.gate).map((guard) => guard.id)
  for (let number = 1; number <= 10; number++) expect(gate).toContain(`PEER-${number}`)
  expect(new Set(guards.map((guard) => guard.id)).size).toBe(guards.length)
})
