import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Scale } from '../base/scale.ts'
import { describeFailure } from './failure.ts'
import type { GuardRow } from './outcome.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-failure-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), '')
  }
}

function described(row: Partial<GuardRow>, runtime = 'process', scale: Scale = 'gate'): string[] {
  const whole: GuardRow = {
    id: 'PEER-2',
    title: 'PEER-2 a failed blob save is repaired',
    file: 'integrationTests/containment/blobSaveRejection.test.ts',
    repeat: 1,
    outcome: 'failed',
    durationMs: 12,
    folder,
    ...row,
  }
  return stripVTControlCharacters(describeFailure(whole, { seed: 71, runtime, scale })).split('\n')
}

/** The file that it says to open, relative to the folder. */
const opened = (message: string | undefined) =>
  described(message === undefined ? {} : { message })
    .find((line) => line.startsWith('  Open '))
    ?.slice(`  Open ${folder}/`.length)

test('it tells outcome, title, file, what was wrong line by line, and the command that does it again', () => {
  expect(described({ message: 'rows are missing\nfirst: r7', folder: join(folder, 'none') })).toEqual([
    'failed  PEER-2 a failed blob save is repaired  integrationTests/containment/blobSaveRejection.test.ts',
    '  rows are missing',
    '  first: r7',
    '  Again: npm run suite -- PEER-2 --seed 71',
  ])
})

test('an id of several words is quoted for the shell', () => {
  expect(described({ id: 'rows arrive in order' }).at(-1)).toBe(
    '  Again: npm run suite -- "rows arrive in order" --seed 71',
  )
})

test('the newest log of the node that the message names first is the file to open', () => {
  put('n1.1.log', 'n2.1.log', 'n2.2.log', 'n2.10.log', 'n2.10.errors.jsonl', 'n20.11.log', 'timeline.svg')
  expect(opened('the rows of n2 differ from those of n1')).toBe('n2.10.log')
  expect(opened('n20 is behind')).toBe('n20.11.log')
})

test('of several clusters it is the newest that has such a node', () => {
  put('n1.1.log', 'n3.7.log', 'c2/n1.1.log', 'c2/n2.1.log', 'c10/n1.2.log', 'timeline.svg')
  expect(opened('the rows of n1 differ')).toBe('c10/n1.2.log')
  expect(opened('the rows of n2 differ')).toBe('c2/n2.1.log')
  expect(opened('the rows of n3 differ')).toBe('n3.7.log')
  expect(opened('nothing converged')).toBe('timeline.svg')
})

test('where no node is named, or the named one has no log, it is the picture of the run, else its history', () => {
  put('n1.1.log', 'history.jsonl')
  expect(opened('nothing converged')).toBe('history.jsonl')
  expect(opened('n3 is behind')).toBe('history.jsonl')
  expect(opened(undefined)).toBe('history.jsonl')
  put('timeline.svg')
  expect(opened('nothing converged')).toBe('timeline.svg')
})

test('where there is a report, that is the file to open', () => {
  put('n2.1.log', 'timeline.svg', 'report.html')
  expect(opened('the rows of n2 differ from those of n1')).toBe('report.html')
})

test('a message that names its file itself is not told another, and an empty folder none', () => {
  expect(opened('n1 is behind')).toBeUndefined()
  put('n1.1.log')
  expect(opened('n1 is behind. Open n1.1.log.')).toBeUndefined()
  expect(opened('n1 is behind')).toBe('n1.1.log')
})

test('the command names the scale where it is not that of the gate', () => {
  expect(described({}, 'process', 'full').at(-1)).toBe('  Again: npm run suite -- PEER-2 --seed 71 --scale full')
})

test('the command names the runtime where it is not the usual one', () => {
  expect(described({}, 'docker').at(-1)).toBe('  Again: npm run suite -- PEER-2 --seed 71 --runtime docker')
})
