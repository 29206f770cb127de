import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { progressVariable, tellProgress } from './progress.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-progress-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('each telling is one JSON line with its time and guard, whatever the text holds', () => {
  const path = join(folder, 'progress.jsonl')
  const startedAt = Date.now()
  tellProgress('PEER-1', 'starting', { [progressVariable]: path })
  tellProgress('PEER-2', 'two\nlines', { [progressVariable]: path })
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { atMs: expect.any(Number), guard: 'PEER-1', text: 'starting' },
    { atMs: expect.any(Number), guard: 'PEER-2', text: 'two\nlines' },
  ])
  expect(JSON.parse(lines[0] as string).atMs).toBeGreaterThanOrEqual(startedAt)
})

test('where nobody watches nothing is written', () => {
  tellProgress('PEER-1', 'starting', {})
  tellProgress('PEER-1', 'starting', { [progressVariable]: '' })
  expect(readdirSync(folder)).toEqual([])
})
