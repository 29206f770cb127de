import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MiB } from '../base/units.ts'
import type { GuardRow } from './outcome.ts'
import { paintOutcome, verdictTable } from './verdictTable.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-verdicts-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const row = (change: Partial<GuardRow>): GuardRow => ({
  id: 'PEER-1',
  title: 'PEER-1 a receiver bounds its backlog',
  file: 'receiveBacklog.test.ts',
  repeat: 1,
  outcome: 'passed',
  durationMs: 2_411,
  ...change,
})

/** The cells of the table, line by line, head first. */
function cells(rows: readonly GuardRow[]): string[][] {
  return stripVTControlCharacters(verdictTable(rows))
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) => line.split('│').slice(1, -1))
    .map((line) => line.map((cell) => cell.trim()))
}

function measured(readings: unknown): string {
  mkdirSync(join(folder, 'PEER-1'), { recursive: true })
  writeFileSync(join(folder, 'PEER-1', 'guard.json'), JSON.stringify({ readings }))
  return join(folder, 'PEER-1')
}

test('each execution has a line with its verdict, its time and what was measured', () => {
  const guardFolder = measured([
    { name: 'peak memory', value: 181.25 * MiB, unit: 'bytes', limit: 256 * MiB },
    { name: 'catch-up', value: 1_204, unit: 'ms' },
  ])
  expect(
    cells([
      row({ folder: guardFolder }),
      row({ outcome: 'inconclusive', repeat: 2, durationMs: 3.2 }),
      row({ title: 'PEER-8 no limit here', outcome: 'notRun', folder: join(folder, 'never written') }),
    ]),
  ).toEqual([
    ['guard', 'verdict', 'time', 'measured'],
    ['PEER-1 a receiver bounds its backlog', 'passed', '2 411 ms', 'peak memory 181.3 MiB (< 256.0 MiB)'],
    ['', '', '', 'catch-up 1 204 ms'],
    ['PEER-1 a receiver bounds its backlog #2', 'inconclusive', '3.2 ms', ''],
    ['PEER-8 no limit here', 'not run', '2 411 ms', ''],
  ])
})

test('a long title is cut so that the table stays a table', () => {
  expect(cells([row({ title: `PEER-1 ${'x'.repeat(200)}`, repeat: 3 })])[1]?.[0]).toBe(`PEER-1 ${'x'.repeat(69)} #3`)
})

test('a guard without readings measured nothing', () => {
  expect(cells([row({ folder: measured([]) })])[1]?.[3]).toBe('')
  expect(cells([row({ folder: measured(undefined) })])[1]?.[3]).toBe('')
})

test('each outcome has its word', () => {
  const outcomes = ['passed', 'failed', 'inconclusive', 'notRun'] as const
  expect(outcomes.map((outcome) => stripVTControlCharacters(paintOutcome(outcome)))).toEqual([
    'passed',
    'failed',
    'inconclusive',
    'not run',
  ])
})
