import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { HarnessError } from '../../base/errors.ts'
import { openJournal } from '../../history/journal.ts'
import { saveFindings } from '../findings.ts'
import type { SavedGuard } from '../runRecord.ts'
import type { ChartData } from './chartTypes.ts'
import { tryWriteReport, writeReport } from './writeReport.ts'

const t0 = 1_780_000_000_000

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-report-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

const guard: SavedGuard = {
  id: 'PEER-6',
  title: 'PEER-6 rows flow one way',
  seed: 71,
  checks: [],
  faults: [
    {
      name: 'kill n1',
      kind: 'kill',
      targets: ['n1'],
      openedAtMs: t0 + 400,
      healedAtMs: t0 + 600,
      counts: { killed: 1 },
    },
  ],
  nodes: [
    {
      name: 'n1',
      incarnations: [
        {
          incarnation: 1,
          startedAtMs: t0,
          exit: { atMs: t0 + 400, code: null, signal: 'SIGKILL', asked: true },
          log: 'n1.1.log',
        },
        {
          incarnation: 2,
          startedAtMs: t0 + 600,
          exit: { atMs: t0 + 1_000, code: 0, signal: null, asked: true },
          log: 'n1.2.log',
        },
      ],
    },
  ],
}

const memory = (fromMs: number, bytes: number[]) =>
  `${bytes.map((rssBytes, at) => JSON.stringify({ atMs: t0 + fromMs + at * 100, rssBytes })).join('\n')}\n`

function pageOf(path: string): { html: string; data: ChartData } {
  const html = readFileSync(path, 'utf8')
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '{}'
  return { html, data: JSON.parse(json) as ChartData }
}

test('what the charts draw is what was sampled, with a gap where the node was down', async () => {
  const folder = folderOf({
    'guard.json': JSON.stringify(guard),
    'n1.1.log': '',
    'n1.2.log': '',
    'samples/n1.1.memory.jsonl': memory(100, [1_000, 2_000]),
    'samples/n1.2.memory.jsonl': `${memory(700, [3_000])}{"torn`,
  })
  await openJournal(join(folder, 'history.jsonl')).close()
  const { data } = pageOf(writeReport(folder))
  const [node] = data.nodes
  expect(data.startMs).toBe(t0)
  expect(data.spanMs).toBe(1_000)
  // The last value is held to the end of the life, then there is none.
  expect(node?.memory.at).toEqual([100, 200, 399.9, 400, 700, 999.9, 1_000])
  expect(node?.memory.values).toEqual([1_000, 2_000, 2_000, null, 3_000, 3_000, null])
  expect(node?.lives.map(({ end, crashed }) => [end, crashed])).toEqual([
    ['ended by SIGKILL', false],
    ['ended with code 0', false],
  ])
  expect(data.faults).toMatchObject([{ name: 'kill n1', nodes: ['n1'], from: 400, to: 600, count: 1, healed: true }])
})

test('a flood of faults of one name is merged where they are close, and what they did is added up', async () => {
  const faults = Array.from({ length: 2_000 }, (_, at) => ({
    ...{
      name: 'reset n1 | n2',
      kind: 'reset',
      targets: ['n1', 'n2'],
      openedAtMs: t0 + at * 10,
      healedAtMs: t0 + at * 10 + 1,
    },
    counts: { connectionsReset: 2 },
  }))
  const folder = folderOf({ 'guard.json': JSON.stringify({ ...guard, nodes: [], faults }) })
  await openJournal(join(folder, 'history.jsonl')).close()
  const { data } = pageOf(writeReport(folder))
  expect(data.faults.length).toBeLessThan(301)
  expect(data.faults.reduce((sum, { count }) => sum + count, 0)).toBe(2_000)
  expect(data.faults[0]?.did).toContain('connections reset')
})

test('the run of an exploration tells what it found, and how to play it again', async () => {
  const folder = folderOf({ 'guard.json': JSON.stringify({ ...guard, nodes: [], faults: [] }), 'plan.json': '{}' })
  await openJournal(join(folder, 'history.jsonl')).close()
  saveFindings(folder, [{ by: 'losesNothing', message: 'r7 is lost' }])
  const { html } = pageOf(writeReport(folder))
  expect(html).toContain('✗ failed')
  expect(html).toContain('losesNothing: r7 is lost')
  expect(html).toContain('npm run replay -- ')
})

test('a guard.json that cannot be read is named on a page that shows the rest', async () => {
  const folder = folderOf({ 'guard.json': '{"torn' })
  const journal = openJournal(join(folder, 'history.jsonl'))
  journal.record({ id: 1, client: 'c1', node: 'n1', kind: 'put', startedAtMs: t0, endedAtMs: t0 + 5, outcome: 'ok' })
  await journal.close()
  const { html, data } = pageOf(writeReport(folder))
  expect(html).toContain('guard.json cannot be read')
  expect(html).not.toContain(folder)
  expect(data.points.ms).toEqual([5])
})

test('a run whose guards cannot all be read has a page that leads to those that can', () => {
  const guards = ['A-1', 'A-2'].map((id) => ({
    id,
    title: `${id} holds`,
    file: 'a.test.ts',
    outcome: 'passed',
    durationMs: 5,
    folder: id,
  }))
  const totals = { passed: 2, failed: 0, inconclusive: 0, notRun: 0 }
  const run = {
    version: 1,
    seed: 71,
    startedAt: '2026-06-01T00:00:00Z',
    durationMs: 9,
    runtime: 'process',
    versions: {},
    totals,
    guards,
  }
  const folder = folderOf({
    'run.json': JSON.stringify(run),
    'A-1/guard.json': JSON.stringify({ ...guard, nodes: [] }),
    'A-2': 'a file',
  })
  const { html } = pageOf(writeReport(folder))
  expect(html).toContain('href="A-1/report.html"')
  expect(html).not.toContain('href="A-2/report.html"')
  expect(html).toContain('Not all could be read')
})

test('a folder of nothing has no report, and where one is only wanted that is no error', () => {
  const folder = folderOf({})
  expect(() => writeReport(folder)).toThrow(
    expect.objectContaining<Partial<HarnessError>>({ code: 'ARTIFACT_UNREADABLE' }),
  )
  expect(tryWriteReport(folder)).toBeUndefined()
})
