import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRunFolder, openRunFolder, readRun } from './runFolder.ts'
import type { RunSummary } from './runRecord.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'breakwater-runs-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const guard = { id: 'PEER-1', title: 'PEER-1 holds', file: 'a.test.ts', durationMs: 7 }
const summary: RunSummary = {
  seed: 71,
  startedAt: '2026-11-03T10:00:00.000Z',
  durationMs: 1_500,
  guards: [
    { ...guard, outcome: 'passed' },
    { ...guard, id: 'PEER-2', outcome: 'inconclusive', code: 'INCONCLUSIVE', message: 'no sample' },
  ],
}

test('a run folder is named for its time and seed, and latest points to the newest', () => {
  const first = createRunFolder({ root, seed: 71 })
  expect(basename(first.path)).toMatch(/^\d{8}-\d{6}-71$/)
  expect(readlinkSync(join(root, 'latest'))).toBe(basename(first.path))
  const second = createRunFolder({ root, seed: 72 })
  expect(readlinkSync(join(root, 'latest'))).toBe(basename(second.path))
})

test('runs of one seed in one second have folders of their own', () => {
  const paths = Array.from({ length: 4 }, () => createRunFolder({ root, seed: 71 }).path)
  expect(new Set(paths).size).toBe(4)
})

test('each guard and each repeat has its own folder, also where titles differ only after the cut', () => {
  const folder = createRunFolder({ root, seed: 71 })
  const long = 'a title that goes on for more than the sixty letters which a folder may have '
  const ids = ['PEER-1', 'PEER-2', `${long}one`, `${long}two`, 'a b', 'a-b']
  const paths = ids.flatMap((id) => [folder.guardFolder(id), folder.guardFolder(id, 2)])
  expect(new Set(paths).size).toBe(ids.length * 2)
  expect(folder.guardFolder('PEER-1', 1)).toBe(folder.guardFolder('PEER-1'))
  expect(openRunFolder(folder.path).guardFolder('PEER-1', 2)).toBe(join(folder.path, 'PEER-1.2'))
})

test('run.json tells the run, its versions and its totals, and is read back', () => {
  const folder = createRunFolder({ root, seed: 71 })
  const written = folder.writeRun(summary)
  expect(readRun(folder.path)).toEqual(written)
  expect(written).toMatchObject({
    version: 1,
    seed: 71,
    endedAt: '2026-11-03T10:00:01.500Z',
    runtime: 'process',
    totals: { passed: 1, failed: 0, inconclusive: 1, notRun: 0 },
    versions: { node: process.versions.node, vitest: expect.stringMatching(/^\d+\./) },
  })
})

test('run.json of another version, or none, is refused', () => {
  const folder = createRunFolder({ root, seed: 71 })
  expect(() => readRun(folder.path)).toThrow(/run\.json cannot be read: ENOENT.*ARTIFACT_UNREADABLE/)
  writeFileSync(join(folder.path, 'run.json'), JSON.stringify({ ...summary, version: 2 }))
  expect(() => readRun(folder.path)).toThrow(/version 2 is not one.*ARTIFACT_UNREADABLE/)
  expect(readFileSync(join(folder.path, 'run.json'), 'utf8')).toContain('"version":2')
})

test('a root that cannot be made is told in one sentence', () => {
  const file = join(root, 'file')
  writeFileSync(file, '')
  expect(() => createRunFolder({ root: join(file, 'runs'), seed: 1 })).toThrow(
    /cannot be written: .*ARTIFACT_UNREADABLE/,
  )
  mkdirSync(join(root, 'latest', 'in-the-way'), { recursive: true })
  expect(() => createRunFolder({ root, seed: 1 })).toThrow(/ARTIFACT_UNREADABLE/)
})

test.each<[string, object, RegExp]>([
  [
    'a guard whose folder is above it',
    { guards: [{ id: 'PEER-1', outcome: 'failed', folder: '..' }] },
    /folder names no/,
  ],
  ['a guard that ended in no known way', { guards: [{ id: 'PEER-1', outcome: 'maybe' }] }, /outcome is "maybe"/],
  ['a guard without an id', { guards: [{ outcome: 'failed' }] }, /guards\[0\]\.id is no text/],
  ['a runtime that is none', { runtime: 'sh -c id' }, /runtime is "sh -c id"/],
  ['a seed that is text', { seed: '$(id)' }, /seed must be a whole number/],
])('run.json with %s is refused', (_, change, message) => {
  const folder = createRunFolder({ root, seed: 71 })
  writeFileSync(join(folder.path, 'run.json'), JSON.stringify({ ...folder.writeRun(summary), ...change }))
  expect(() => readRun(folder.path)).toThrow(message)
  expect(() => readRun(folder.path)).toThrow(/^[^\n]*run\.json cannot be read: [^\n]* \[ARTIFACT_UNREADABLE\]$/)
})
