import { expect, test } from 'vitest'
import { breakwater, samples } from './breakwater.ts'

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
    ['--seed', ''],
    ['--seed', ' 1'],
    ['--seed', '0x10'],
    ['--seed', '1e3'],
    ['--seed', '9007199254740993'],
    ['--repeat', '1e1'],
    ['--for', '0x8h'],
    ['--seed', '-1'],
    ['--repeat', '0'],
    ['--runtime', 'moon'],
    ['--shard', '4/3'],
    ['--shard', '1000/1000'],
    ['--for', '8'],
    ['--changed-since', 'no-such-commit'],
  ]) {
    const ended = await breakwater(['suite', 'PEER-1', ...words])
    expect(ended.exitCode, words.join(' ')).toBe(2)
    expect(ended.stderr, words.join(' ')).toMatch(
      /whole number|knows: process|2\/3|ask for fewer shards|90s, 8h|cannot be told/,
    )
  }
})

test('an unknown known-bad build is named with the nearest one, and exit 2', async () => {
  const ended = await breakwater(['prove', 'recieve-unbounded'])
  expect(ended.exitCode).toBe(2)
  expect(ended.stderr).toContain('did you mean "receive-unbounded"?')
})

test('every command explains itself', async () => {
  for (const words of [[], ['suite'], ['prove'], ['judge'], ['report'], ['clean']]) {
    const ended = await breakwater([...words, '--help'])
    expect(ended.exitCode).toBe(0)
    expect(ended.stdout).toContain('Usage: breakwater')
  }
})

test('the shards of the gate have each of its guards once', async () => {
  const listed = async (...words: string[]) => {
    const { stdout } = await breakwater(['suite', '--list', '--json', ...words])
    return (JSON.parse(stdout) as { id: string; gate: boolean }[]).filter(({ gate }) => gate).map(({ id }) => id)
  }
  const shards = await Promise.all(['1/3', '2/3', '3/3'].map((shard) => listed('--shard', shard)))
  expect(shards.flat().sort()).toEqual((await listed()).sort())
  expect(shards.map(({ length }) => length > 0)).toEqual([true, true, true])
})

test('guards that nobody has changed are not run, which is a pass', async () => {
  const ended = await breakwater(['suite', 'SAMPLE', '--changed-since', 'HEAD'], samples)
  expect([ended.exitCode, ended.stdout]).toEqual([0, ''])
  expect(ended.stderr).toBe('No guard of this shard has changed since HEAD, so none is run.')
})

test('the list of guards is one JSON array, each with its id and whether it is in the gate', async () => {
  const ended = await breakwater(['suite', '--list', '--json'])
  const guards = JSON.parse(ended.stdout) as { id: string; gate: boolean }[]
  const gate = guards.filter((guard) => guard.gate).map((guard) => guard.id)
  for (let number = 1; number <= 10; number++) expect(gate).toContain(`PEER-${number}`)
  expect(new Set(guards.map((guard) => guard.id)).size).toBe(guards.length)
})

test('numbers of every command are digits, and what is empty is refused', async () => {
  for (const words of [
    ['prove', '--seed', '0x10'],
    ['explore', '--system', 'peer', '--runs', '1e3'],
    ['explore', '--system', 'peer', '--runs', '0x1'],
    ['explore', '--system', 'peer', '--shrink-tries', ''],
    ['explore', '--system', 'peer', '--runtime', 'moon'],
    ['explore', '--system', 'peer', '--build', ''],
    ['soak', '--duration', '1e1m'],
    ['soak', '--duration', '10m', '--window', '2d'],
    ['soak', '--duration', '10m', '--rate', '0x10'],
    ['soak', '--duration', '10m', '--rate', '-1'],
    ['soak', '--duration', '10m', '--disk', ' 20'],
    ['soak', '--duration', '10m', '--keep-windows', '1.5'],
    ['compare', '--base', 'x', '--pairs', ''],
    ['compare', '--base', 'x', '--limit', '1e1'],
    ['replay', 'x', '--repeat', '99999999999999999999'],
    ['suite', 'PEER-6', '--junit', ''],
  ]) {
    const ended = await breakwater(words)
    expect(ended.exitCode, words.join(' ')).toBe(2)
    expect(ended.stderr.trim().split('\n'), words.join(' ')).toHaveLength(1)
  }
})
