import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import { progressVariable, tellProgress } from '../run/progress.ts'
import { LiveView } from './liveView.ts'

let folder: string
let view: LiveView
let written: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-live-'))
  written = ''
})
afterEach(() => {
  view.close()
  rmSync(folder, { recursive: true, force: true })
})

function open(isTTY: boolean, columns = 100): void {
  const out = {
    isTTY,
    columns,
    write: (text: string) => {
      written += text
      return true
    },
  }
  view = new LiveView(join(folder, 'progress.jsonl'), out as unknown as NodeJS.WriteStream)
}

const tell = (guard: string, text: string) => tellProgress(guard, text, { [progressVariable]: view.path })
const plain = () => stripVTControlCharacters(written)
const shown = (text: string) =>
  awaitReading({ what: `"${text}" to be shown`, budget: 5_000, probe: plain, until: (all) => all.includes(text) })

test('without a terminal each line stays: what is printed, and what the guards tell, in their order', async () => {
  open(false)
  expect(view.interactive).toBe(false)
  view.print('seed 71')
  tell('PEER-1', 'starting 2 peer nodes')
  await shown('starting 2 peer nodes')
  tell('PEER-2', '2 nodes up')
  view.ended('PEER-2')
  view.print('passed  PEER-2')
  expect(plain()).toBe('seed 71\n  PEER-1  starting 2 peer nodes\n  PEER-2  2 nodes up\npassed  PEER-2\n')
  expect(written).not.toContain('\r')
})

test('a line that is torn between two writes is shown once it is whole', () => {
  open(false)
  const line = `${JSON.stringify({ atMs: 1, guard: 'PEER-1', text: 'grün' })}\n`
  appendFileSync(view.path, line.slice(0, 20))
  view.ended('nobody')
  expect(plain()).toBe('')
  appendFileSync(view.path, line.slice(20))
  view.ended('nobody')
  expect(plain()).toBe('  PEER-1  grün\n')
})

test('what was told last is shown before the end, and closing twice is closing once', () => {
  open(false)
  tell('PEER-1', 'the last word')
  view.close()
  expect(plain()).toBe('  PEER-1  the last word\n')
  view.close()
  expect(plain()).toBe('  PEER-1  the last word\n')
})

test('on a terminal one status line is redrawn, wiped before what stays, and gone at the end', async () => {
  open(true)
  expect(view.interactive).toBe(true)
  tell('PEER-1', 'starting')
  await shown('0 s  PEER-1 starting')
  tell('PEER-1', '2 nodes up')
  tell('PEER-2', 'starting')
  await shown('PEER-1 2 nodes up  |  PEER-2 starting')
  expect(plain()).not.toContain('\n')
  written = ''
  view.print('failed  PEER-9')
  expect(written.startsWith('\r\u001b[2Kfailed  PEER-9\n')).toBe(true)
  view.ended('PEER-1')
  expect(plain().split('\r').at(-1)).toMatch(/^\d+ s {2}PEER-2 starting$/)
  view.close()
  expect(written.endsWith('\r\u001b[2K')).toBe(true)
})

test('a status line longer than the terminal is cut, or it could not be wiped', async () => {
  open(true, 40)
  tell('PEER-1', 'x'.repeat(500))
  await shown('xxx')
  expect(plain().split('\r').at(-1)?.length).toBeLessThanOrEqual(40)
})

test('it starts a file of its own, whatever an earlier run left there', () => {
  appendFileSync(join(folder, 'progress.jsonl'), 'no progress at all\n')
  open(false)
  expect(existsSync(view.path)).toBe(true)
  view.ended('nobody')
  expect(plain()).toBe('')
})
