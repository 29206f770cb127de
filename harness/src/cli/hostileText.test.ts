import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Found } from '../explore/explore.ts'
import type { SoakWindow } from '../soak/soakRecord.ts'
import { describeFound } from './exploreView.ts'
import { describeFailure } from './failure.ts'
import { jobSummary } from './jobSummary.ts'
import { judge } from './judge.ts'
import { LiveView } from './liveView.ts'
import type { GuardRow } from './outcome.ts'
import { windowLine } from './soakWords.ts'
import { verdictTable } from './verdictTable.ts'

/** A key that clears the screen, turns the order of writing and gives a job commands. */
const hostile =
  'k\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e\r\n::error file=x::gotcha\n  ::set-output name=a::b\n##[error]c'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-hostile-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

/** Nothing steers a terminal, and no line is a command to what reads the output of a job. */
function expectHarmless(text: string): void {
  expect(text).toContain('gotcha')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
  expect(text).not.toMatch(/^\s*::/m)
  expect(text).not.toContain('##[')
}

const row: GuardRow = {
  id: 'PEER-1',
  title: `PEER-1 ${hostile}`,
  file: 'suite/peer.test.ts',
  repeat: 1,
  outcome: 'failed',
  message: `${hostile}\n${hostile}`,
  durationMs: 1,
} as GuardRow
const run = { seed: 1, runtime: 'process', scale: 'gate' as const }

test('the story of a failure', () => expectHarmless(describeFailure(row, run)))

test('the page of a job', () => {
  const totals = { passed: 0, failed: 1, inconclusive: 0, notRun: 0, durationMs: 1 }
  expectHarmless(jobSummary({ ...run, ...totals, guards: [row], errors: [hostile] } as never).join('\n'))
})

test('the table of verdicts', () => {
  writeFileSync(join(folder, 'guard.json'), JSON.stringify({ readings: [{ name: hostile, value: 1, unit: 'ms' }] }))
  expectHarmless(verdictTable([{ ...row, folder }]))
})

test('what an exploration and a soak found', () => {
  const plan = { system: 'peer', workload: 'rows', nodes: 3, schedule: { faults: [] } }
  const findings = [{ by: 'losesNothing', message: hostile }]
  expectHarmless(describeFound({ run: 1, plan, findings, folder } as unknown as Found, folder))
  const window = { number: 1, operations: { ok: 1, fail: 0, info: 0 }, durationMs: 1, latencyP99Ms: 1 }
  const line = windowLine({ ...window, faults: { healed: 0 }, findings, carried: [] } as unknown as SoakWindow)
  expectHarmless(line)
})

test('what guards are doing', () => {
  const out = new PassThrough()
  const view = new LiveView(join(folder, 'progress'), out as unknown as NodeJS.WriteStream)
  writeFileSync(view.path, `${JSON.stringify({ guard: 'PEER-1', text: hostile })}\n`)
  view.close()
  expectHarmless(String(out.read()))
})

test('keys and values of a history', () => {
  const path = join(folder, 'history.json')
  const event = (type: string, f: string, value: unknown) => ({ process: 0, type, f, key: hostile, value })
  const [write, read] = [hostile, `other ${hostile}`]
  writeFileSync(
    path,
    JSON.stringify([
      event('invoke', 'put', write),
      event('ok', 'put', write),
      event('invoke', 'get', null),
      event('ok', 'get', read),
    ]),
  )
  const written: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  expect(judge(path, { json: false })).toBe(1)
  vi.restoreAllMocks()
  expectHarmless(written.join(''))
})

test('the error of a history that cannot be read', () => {
  const path = join(folder, 'history.edn')
  writeFileSync(path, '{:process 0, :type "\u001b[2J\\n::error::gotcha", :f :write}')
  const written: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  expect(judge(path, { json: false })).toBe(3)
  vi.restoreAllMocks()
  expectHarmless(written.join(''))
  expect(readFileSync(path, 'utf8')).toContain('\u001b')
})
