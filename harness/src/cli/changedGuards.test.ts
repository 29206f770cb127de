import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { changedSince } from './changedGuards.ts'
import { chooseGuards } from './choose.ts'
import type { Guard } from './guards.ts'

let root: string

const git = (...words: string[]) =>
  execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...words], { cwd: root })
const put = (name: string, text = 'text\n') => writeFileSync(join(root, name), text)
const guardsOf = (...files: string[]) => files.map((file) => ({ id: file, file }) as Guard)
const all = guardsOf('old.test.ts', 'changed.test.ts', 'renamed.test.ts', 'edited.test.ts', 'new.test.ts', 'ä.test.ts')

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'breakwater-changed-'))
  await git('init', '--quiet', '--initial-branch=main')
  for (const name of ['old.test.ts', 'changed.test.ts', 'before.test.ts', 'edited.test.ts']) put(name, `${name}\n`)
  await git('add', '.')
  await git('commit', '--quiet', '-m', 'base')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('guards count as changed by commits of this branch, and by what is not committed yet', async () => {
  await git('checkout', '--quiet', '-b', 'branch')
  put('changed.test.ts', 'otherwise\n')
  renameSync(join(root, 'before.test.ts'), join(root, 'renamed.test.ts'))
  put('ä.test.ts')
  await git('add', '--all')
  await git('commit', '--quiet', '-m', 'change')
  put('edited.test.ts', 'otherwise\n')
  put('new.test.ts')
  const found = await changedSince('main', all, root)
  expect(found.map(({ file }) => file)).toEqual(all.map(({ file }) => file).slice(1))
})

test('what others changed meanwhile is none of this branch', async () => {
  await git('checkout', '--quiet', '-b', 'branch')
  await git('checkout', '--quiet', 'main')
  put('old.test.ts', 'otherwise\n')
  await git('commit', '--quiet', '--all', '-m', 'elsewhere')
  await git('checkout', '--quiet', 'branch')
  expect(await changedSince('main', all, root)).toEqual([])
})

test('a changed guard that is too long for every pull request is left out, unless all are asked for', async () => {
  put('old.test.ts', 'otherwise\n')
  put('new.test.ts')
  const guards = all.map((guard) => ({ ...guard, gate: guard.id !== 'new.test.ts' }) as Guard)
  const choose = async (more: { all?: boolean }) => {
    const choice = { exact: false, runtime: 'process', changedSince: 'main', ...more }
    return (await chooseGuards(guards, [], choice, root)).map(({ id }) => id)
  }
  expect(await choose({})).toEqual(['old.test.ts'])
  expect(await choose({ all: true })).toEqual(['old.test.ts', 'new.test.ts'])
})

test('a commit that there is not, and a reference that looks like an option, are told', async () => {
  await expect(changedSince('no-such-branch', all, root)).rejects.toThrow(
    /What has changed cannot be told: .*BAD_USAGE/s,
  )
  await expect(changedSince('--output=stolen', all, root)).rejects.toThrow('[BAD_USAGE]')
})
