import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../history/journal.ts'
import type { Operation } from '../history/operation.ts'
import type { SavedFault } from './runRecord.ts'
import { drawTimeline, writeTimeline } from './timeline.ts'
import type { TimelineData } from './timelineData.ts'

const MiB = 1024 ** 2
const t0 = 1_780_000_000_000
const fault = (name: string, fromMs: number, toMs: number, targets = ['n2']): SavedFault => ({
  name,
  kind: name.split(' ')[0] as string,
  targets,
  openedAtMs: t0 + fromMs,
  healedAtMs: t0 + toMs,
  counts: { bytesRefused: 4096, connectionsReset: 0 },
})
const operation = (id: number, atMs: number, outcome: Operation['outcome']): Operation => ({
  id,
  client: 'c1',
  node: 'n1',
  kind: 'insert',
  startedAtMs: t0 + atMs,
  endedAtMs: t0 + atMs + 1,
  outcome,
})
const data: TimelineData = {
  title: 'PEER-6 what is <cut> & healed',
  seed: 71,
  nodes: [
    {
      name: 'n1',
      lives: [
        {
          incarnation: 1,
          startedAtMs: t0,
          log: 'n1.1.log',
          samples: [10, 200].map((at) => ({ atMs: t0 + at * 10, rssBytes: at * MiB })),
        },
      ],
    },
    {
      name: 'n2',
      lives: [
        {
          incarnation: 1,
          startedAtMs: t0,
          exit: { atMs: t0 + 900, code: 1, signal: null, asked: false },
          log: 'n2.1.log',
          samples: [],
        },
        { incarnation: 2, startedAtMs: t0 + 1_500, log: 'n2.2.log', samples: [] },
      ],
    },
  ],
  faults: [fault('partition n1 from n2', 300, 700, ['n1', 'n2'])],
  operations: [operation(1, 10, 'ok'), operation(2, 400, 'info'), operation(3, 2_000, 'fail')],
  checks: [{ checker: 'converges', verdict: 'invalid', claim: 'all end equal', found: 'n2 lags.', witness: {} }],
  readings: [{ name: 'catch-up', value: 2_411, unit: 'ms', limit: 60_000 }],
}

/** Label texts of one line with their place: x of the begin, y of the base line. */
function labels(svg: string, css: RegExp) {
  return [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" class="([^"]*)">([^<]*)</g)]
    .filter((found) => css.test(found[3] as string))
    .map((found) => ({ x: Number(found[1]), y: Number(found[2]), words: found[4] as string }))
}

test('tells guard, seed, faults with what they did, lives, peaks, outcomes and verdicts', () => {
  const svg = drawTimeline(data)
  const told = [
    'seed 71   ·   2 001 ms   ·   2 nodes   ·   3 operations',
    'partition n1 from n2, refused 4.0 KiB',
    'n2.1',
    'n2.2',
    '2 starts, 1 crash',
    '200.0 MiB',
  ]
  const ended = ['1 acknowledged', '1 answer unknown', '1 refused', '✗ invalid', 'all end equal: n2 lags.']
  for (const words of [...told, ...ended, 'catch-up 2 411 ms (limit 60 000 ms)']) expect(svg).toContain(`>${words}<`)
})

test('is well-formed, whatever the names hold', () => {
  const svg = drawTimeline({ ...data, title: 'a "b" <c> & \u0007 d' })
  expect(svg).toContain('a &quot;b&quot; &lt;c&gt; &amp;   d')
  const open: string[] = []
  for (const [, close, name, self] of svg.matchAll(/<(\/?)([a-z]+)(?:"[^"]*"|[^">])*?(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name)
    else if (!self) open.push(name as string)
  }
  expect(open).toEqual([])
})

test('refers to nothing outside itself and follows light and dark', () => {
  const svg = drawTimeline(data)
  expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg'])
  expect(svg).toContain('prefers-color-scheme: dark')
})

test('shades a fault over the lanes of its targets only, and over all where it names none', () => {
  const shades = (targets: string[]) =>
    drawTimeline({ ...data, faults: [fault('slow link', 300, 700, targets)] }).match(/class="shade /g)?.length
  expect(shades(['n2'])).toBe(1)
  expect(shades(['n1->n2'])).toBe(2)
  expect(shades(['n1'])).toBe(1)
  expect(shades(['n12'])).toBeUndefined()
  expect(shades(['c2/n1'])).toBeUndefined()
  expect(shades([])).toBe(2)
})

test('labels of faults never meet, however many open at once', () => {
  const faults = Array.from({ length: 30 }, (_, at) => fault(`slow link number ${at}`, at * 60, at * 60 + 200))
  const placed = labels(drawTimeline({ ...data, faults }), /^kind-/)
  expect(placed.length).toBeGreaterThan(8)
  for (const a of placed) {
    for (const b of placed) {
      if (a === b || a.y !== b.y || a.x > b.x) continue
      expect(b.x - a.x).toBeGreaterThan(a.words.length * 6.5)
    }
  }
})

test('a fault that is repeated has one label with its number and sums', () => {
  const faults = Array.from({ length: 200 }, (_, at) => fault('reset n1 to n2', at * 10, at * 10 + 1))
  const placed = labels(drawTimeline({ ...data, faults }), /^kind-/)
  expect(placed.map(({ words }) => words)).toEqual(['reset n1 to n2 ×200, refused 800.0 KiB'])
})

test('without anything to show it is still a picture', () => {
  const svg = drawTimeline({ title: 'PEER-3 empty', seed: 1, nodes: [], faults: [], operations: [], checks: [] })
  expect(svg).toContain('0 in all')
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
})

test('is drawn from a folder as a guard leaves it, and written beside it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-timeline-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  expect(() => writeTimeline(folder)).toThrow(/guard\.json cannot be read.*ARTIFACT_UNREADABLE/)

  const nodes = data.nodes.map(({ name, lives }) => ({
    name,
    incarnations: lives.map(({ samples: _, ...life }) => life),
  }))
  writeFileSync(join(folder, 'guard.json'), JSON.stringify({ id: 'PEER-6', ...data, nodes }))
  const journal = openJournal(join(folder, 'history.jsonl'))
  for (const each of data.operations) journal.record(each)
  await journal.close()
  mkdirSync(join(folder, 'samples'))
  const lines = data.nodes[0]?.lives[0]?.samples.map((sample) => `${JSON.stringify(sample)}\n`).join('')
  writeFileSync(join(folder, 'samples', 'n1.1.memory.jsonl'), `${lines}{"atMs":17800`)
  expect(readFileSync(writeTimeline(folder), 'utf8')).toBe(drawTimeline(data))
})
