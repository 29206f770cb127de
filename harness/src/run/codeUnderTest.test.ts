import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { codeUnderTest, fingerprintOf } from './codeUnderTest.ts'

let root: string
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'breakwater-code-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

async function commit(): Promise<void> {
  const identity = ['-c', 'user.name=nobody', '-c', 'user.email=nobody@localhost', '-c', 'core.hooksPath=/dev/null']
  await execa('git', ['init', '-q'], { cwd: root })
  writeFileSync(join(root, 'a.txt'), 'one\n')
  await execa('git', ['add', '.'], { cwd: root })
  await execa('git', [...identity, 'commit', '-q', '-m', 'one'], { cwd: root })
}

test('a clean tree is its commit', async () => {
  await commit()
  const code = await codeUnderTest(root, {})
  expect(code).toEqual({ commit: expect.stringMatching(/^[0-9a-f]{40}$/), dirty: false })
  expect(fingerprintOf(code)).toBe(fingerprintOf(await codeUnderTest(root, {})))
})

test('a dirty tree is known by what differs, new files included', async () => {
  await commit()
  const clean = await codeUnderTest(root, {})
  writeFileSync(join(root, 'a.txt'), 'two\n')
  const changed = await codeUnderTest(root, {})
  expect(changed).toMatchObject({ commit: clean.commit, dirty: true, changes: expect.stringMatching(/^[0-9a-f]{16}$/) })
  writeFileSync(join(root, 'new.txt'), 'three\n')
  const more = await codeUnderTest(root, {})
  writeFileSync(join(root, 'new.txt'), 'four\n')
  const other = await codeUnderTest(root, {})
  const prints = [clean, changed, more, other].map(fingerprintOf)
  expect(new Set(prints).size).toBe(4)
  expect(fingerprintOf(await codeUnderTest(root, {}))).toBe(prints[3])
})

test('known-bad builds and builds from the environment are other code', async () => {
  await commit()
  const env = { BREAKWATER_KNOWN_BAD: 'torn-transaction', BREAKWATER_PEER_IMAGE: 'peer:1', BREAKWATER_SEED: '3' }
  const code = await codeUnderTest(root, env)
  expect(code).toMatchObject({ knownBad: 'torn-transaction', builds: { BREAKWATER_PEER_IMAGE: 'peer:1' } })
  expect(fingerprintOf(code)).not.toBe(fingerprintOf(await codeUnderTest(root, {})))
  expect(fingerprintOf(code)).not.toBe(fingerprintOf({ ...code, builds: { BREAKWATER_PEER_IMAGE: 'peer:2' } }))
})

test('where git knows nothing, the same code cannot be told', async () => {
  expect(await codeUnderTest(root, { GIT_DIR: '' })).toEqual({})
  expect(fingerprintOf({ knownBad: 'torn-transaction' })).toBeUndefined()
  expect(fingerprintOf(undefined)).toBeUndefined()
})
