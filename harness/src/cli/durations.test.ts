import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { durationsFile, readDurations, recordDurations } from './durations.ts'
import type { GuardRow } from './outcome.ts'

let root: string
let path: string

beforeEach(() => {
  root = mkdtempSync(`${tmpdir()}/breakwater-durations-`)
  path = durationsFile(root)
  mkdirSync(dirname(path))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const row = (id: string, durationMs: number, outcome: GuardRow['outcome'] = 'passed'): GuardRow => ({
  ...{ id, durationMs, outcome },
  ...{ title: id, file: 'a.test.ts', repeat: 1 },
})

test('what was never recorded is empty', () => {
  expect(readDurations(path)).toEqual({})
})

test('it keeps the median of what has passed, by runtime, and forgets guards that are no more', () => {
  const all = ['PEER-1', 'PEER-2', 'PEER-10']
  recordDurations(path, 'docker', [row('PEER-1', 9_000)], all)
  recordDurations(path, 'process', [row('PEER-10', 2_010), row('PEER-1', 5_000), row('PEER-2', 700)], all)
  const rows = [row('PEER-1', 1_000), row('PEER-1', 9_000), row('PEER-1', 1_201), row('PEER-10', 50, 'failed')]
  expect(recordDurations(path, 'process', rows, ['PEER-1', 'PEER-10'])).toEqual({
    docker: { 'PEER-1': 9_000 },
    process: { 'PEER-1': 1_300, 'PEER-10': 2_100 },
  })
  expect(readDurations(path).process).toEqual({ 'PEER-1': 1_300, 'PEER-10': 2_100 })
  expect(readFileSync(path, 'utf8')).toMatch(/"PEER-10": 2100\n {2}\}\n\}\n$/)
})
