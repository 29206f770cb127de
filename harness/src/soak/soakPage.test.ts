import { expect, test } from 'vitest'
import { soakPage } from './soakPage.ts'
import type { SoakRecord } from './soakRecord.ts'

const calm = {
  window: 1,
  durationMs: 10_000,
  acknowledged: 1_900,
  failed: 0,
  latencyP50Ms: 2,
  latencyP99Ms: 9,
  longestGapMs: 40,
  hostStallMs: 10,
  foreignCpuRatio: 0,
  missed: 0,
}

const record: SoakRecord = {
  version: 1,
  system: 'peer',
  seed: 71,
  runtime: 'process',
  nodes: 3,
  durationMs: 600_000,
  windowMs: 30_000,
  ratePerSecond: 200,
  keepWindows: 3,
  mostDiskBytes: 2e9,
  warmUpMs: 180_000,
  settings: {},
  shares: { rows: 1 },
  runners: [
    { startedAt: '2026-11-27T10:00:00Z', firstWindow: 1 },
    { startedAt: '2026-11-27T11:00:00Z', firstWindow: 2, lost: 'window 2, which was under way' },
  ],
  elapsedMs: 60_000,
  nextWindow: 3,
  operations: { ok: 9_000, fail: 20, info: 3 },
  faults: { healed: 1, withoutEffect: 0, notOpened: 2, families: { kill: 1 } },
  windows: [1, 2].map((number) => ({
    number,
    seed: number,
    atMs: number * 25_000,
    durationMs: 24_000,
    spared: 'n1',
    operations: { ok: 4_500, fail: 10, info: 1 },
    latencyP50Ms: 3,
    latencyP99Ms: 80,
    calm,
    faults: { healed: 1, withoutEffect: 0, notOpened: 1 },
    opened: [{ family: 'kill' as const, targets: ['n2'], fromMs: 1_000, toMs: 1_500 }],
    verdicts: [],
    carried: number === 2 ? [1] : [],
    findings: number === 2 ? [{ window: 2, by: 'losesNothing', message: 'n1 lacks <b>3</b> rows' }] : [],
  })),
  readings: Array.from({ length: 5_000 }, (_, at) => ({
    atMs: at * 10,
    node: 'n1',
    life: at < 2_000 ? '1.n1.1' : '1.n1.2',
    ageMs: at * 10,
    rssBytes: 90e6,
    rssAnonBytes: 60e6,
    retainedBytes: 30e6 + at,
    handleCount: 40,
    socketCount: 20,
    calm: true,
  })),
  judged: { losesNothing: { valid: 1, invalid: 1, unknown: 0 } },
  states: ['log compacted'],
  verdicts: [
    { checker: 'noLeak', verdict: 'unknown', claim: 'no node leaks', found: 'too early.', witness: { nodesJudged: 0 } },
  ],
  findings: [{ window: 2, by: 'losesNothing', message: 'n1 lacks <b>3</b> rows' }],
  diskBytes: 4e6,
  outcome: 'failed',
}

test('the page tells what was found, what was lost with a runner, and draws a line for each process', () => {
  const page = soakPage(record)
  expect(page).toContain('window 2, losesNothing: n1 lacks &lt;b&gt;3&lt;/b&gt; rows')
  expect(page).toContain('A new runner went on at window 2. Lost with the one before: window 2, which was under way.')
  const [kept = ''] = page.split('Private memory')
  expect(kept.match(/<polyline/g)).toHaveLength(2)
  expect(page).toContain('kill n2, 500 ms')
  expect(page.length).toBeLessThan(200_000)
})

test('a soak that has only begun has a page, too', () => {
  const begun: SoakRecord = { ...record, windows: [], readings: [], findings: [], elapsedMs: 0, outcome: 'underWay' }
  expect(soakPage(begun)).toContain('? inconclusive')
})
