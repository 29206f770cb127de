import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { levelOf, shortOf, timeOf } from './logLine.ts'
import { LogMarks } from './logMarks.ts'

const t0 = 1_780_000_000_000

function read(lines: readonly string[], patterns: { name: string; source: string; flags: string }[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-marks-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'n1.1.log')
  writeFileSync(path, `${lines.join('\n')}\n`)
  const marks = new LogMarks(patterns)
  const log = { node: 'n1', incarnation: 1, path, shownPath: 'n1.1.log', startedAtMs: t0, endedAtMs: t0 + 10_000 }
  const leads = marks.read(log)
  return { leads, problems: marks.problems, ...marks.list() }
}

test.each([
  ['{"level":50,"msg":"x"}', 'error'],
  ['{"level":40,"msg":"an error in words only"}', 'warning'],
  ['{"level":30,"msg":"no error"}', undefined],
  ['{"level":"ERROR","msg":"x"}', 'error'],
  ['{"severity":"warn"}', 'warning'],
  ['2026-11-27 [WARN] slow', 'warning'],
  ['TypeError: x is not a function', 'error'],
  ['all is well', undefined],
])('%s is %s', (line, level) => expect(levelOf(line)).toBe(level))

test.each([
  ['{"time":1780000000123}', 1_780_000_000_123],
  ['{"ts":1780000000.5}', 1_780_000_000_500],
  ['{"timestamp":"2026-06-01T00:00:00.000Z"}', Date.parse('2026-06-01')],
  ['2026-06-01T00:00:00Z hello', Date.parse('2026-06-01')],
  ['[2026-06-01 00:00:00,250+00:00] hello', Date.parse('2026-06-01') + 250],
  ['hello', undefined],
])('the time of %s is known', (line, atMs) => expect(timeOf(line)).toBe(atMs))

test('a JSON line is told by its message and its own fields', () => {
  expect(shortOf('{"level":30,"time":1,"node":"n1","shard":"s1","msg":"became leader"}')).toBe(
    'became leader  shard s1',
  )
  expect(shortOf('plain')).toBe('plain')
  expect(shortOf('{"torn')).toBe('{"torn')
})

test('a mark has the lines around it, its number, and the time that it tells or the line before it', () => {
  const { shown, counts } = read([
    ...Array.from({ length: 9 }, (_, at) => `{"time":${t0 + at},"level":30,"msg":"line ${at}"}`),
    'Error: no time of its own',
    ...Array.from({ length: 9 }, () => 'after'),
  ])
  expect(counts).toEqual({ error: 1 })
  expect(shown[0]).toMatchObject({ line: 10, at: 4, atMs: t0 + 8, name: 'error', log: 'n1.1.log' })
  expect(shown[0]?.lines).toHaveLength(9)
  expect(shown[0]?.lines[4]).toBe('Error: no time of its own')
})

test('what the system calls a mark is one, and the time in which a node led is known by what it led', () => {
  const line = (atMs: number, shard: string, msg: string) => `{"time":${t0 + atMs},"shard":"${shard}","msg":"${msg}"}`
  const { leads, shown } = read(
    [
      line(100, 's1', 'became leader'),
      line(200, 's2', 'became leader'),
      line(300, 's1', 'became leader'),
      line(400, 's1', 'stepped down'),
      line(500, 's1', 'stepped down'),
    ],
    [
      { name: 'leader', source: '"shard":"(?<of>\\w+)".*became leader', flags: 'g' },
      { name: 'leader no more', source: '"shard":"(?<of>\\w+)".*stepped down', flags: '' },
    ],
  )
  expect(leads).toEqual([
    { fromMs: t0 + 100, toMs: t0 + 400, of: 's1' },
    { fromMs: t0 + 200, toMs: t0 + 10_000, of: 's2' },
  ])
  expect(shown).toHaveLength(5)
})

test('a clock that is wrong moves no line out of the life that logged it', () => {
  const { shown } = read([
    `{"time":${t0 + 3_600_000},"level":50,"msg":"ahead"}`,
    `{"time":5,"level":50,"msg":"behind"}`,
  ])
  expect(shown.map(({ atMs }) => atMs)).toEqual([t0, t0 + 10_000])
})

test('of a flood the begin and the end are kept, and it is counted', () => {
  const lines = Array.from(
    { length: 20_000 },
    (_, at) => `{"time":${t0 + at / 100},"level":50,"msg":"${at} ${'x'.repeat(600)}"}`,
  )
  const { shown, counts } = read(lines)
  expect(counts).toEqual({ error: 20_000 })
  expect(shown.map(({ line }) => line)).toEqual([
    ...Array.from({ length: 20 }, (_, at) => at + 1),
    ...Array.from({ length: 20 }, (_, at) => 19_981 + at),
  ])
  expect(JSON.stringify(shown).length).toBeLessThan(400_000)
})

test('an expression that cannot be read is a problem and no error', () => {
  const { problems, shown } = read(['Error: x'], [{ name: 'odd', source: '(', flags: '' }])
  expect(problems).toEqual(['The mark "odd" is not an expression that can be read: (.'])
  expect(shown).toHaveLength(1)
})
