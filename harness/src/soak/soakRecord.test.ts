import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Exploration, ExploredWorkload } from '../explore/exploration.ts'
import { demandSoakable, readSoak, type SoakRecord, saveSoak } from './soakRecord.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-soak-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const workload: ExploredWorkload<unknown> = { work: async () => {}, observe: async () => {}, checks: [] }
const exploration = {
  ...{ system: { name: 'pond' }, nodes: [1, 3], durationMs: 1_000, faults: [1, 2], states: {} },
  settings: () => ({ POND_DEPTH: '1' }),
  workloads: { rows: workload },
  soak: { nodes: 3, shares: { rows: 1 }, ratePerSecond: 10, settings: { POND_SOAKED: '1' } },
} as unknown as Exploration

const soak: SoakRecord = {
  ...{ version: 1, system: 'pond', seed: 71, runtime: 'process', nodes: 3, durationMs: 60_000, windowMs: 5_000 },
  ...{ ratePerSecond: 200, keepWindows: 3, mostDiskBytes: 1e9, warmUpMs: 18_000 },
  settings: { POND_DEPTH: '2', POND_SOAKED: '1' },
  shares: { rows: 6 },
  runners: [{ startedAt: '2026-06-01T08:00:00.000Z', firstWindow: 1 }],
  elapsedMs: 5_000.5,
  nextWindow: 2,
  operations: { ok: 9, fail: 1, info: 0 },
  faults: { healed: 1, withoutEffect: 0, notOpened: 0, families: { kill: 1 } },
  windows: [
    {
      ...{ number: 1, seed: 5, atMs: 0, durationMs: 5_000, spared: 'n1', operations: { ok: 9, fail: 1, info: 0 } },
      ...{ latencyP50Ms: 1, latencyP99Ms: 2, faults: { healed: 1, withoutEffect: 0, notOpened: 0 } },
      opened: [{ family: 'kill', targets: ['n2'], fromMs: 10, toMs: 20 }],
      ...{ verdicts: [{ checker: 'converges', verdict: 'valid' as const }], carried: [], findings: [] },
    },
  ],
  readings: [
    {
      atMs: 1,
      node: 'n1',
      life: '1.n1.1',
      ageMs: 1,
      rssBytes: 1,
      rssAnonBytes: 1,
      handleCount: 1,
      socketCount: 1,
      calm: true,
    },
  ],
  judged: { converges: { valid: 1, invalid: 0, unknown: 0 } },
  states: [],
  verdicts: [],
  findings: [],
  diskBytes: 1_000,
  outcome: 'interrupted',
}

function take(): SoakRecord {
  const read = readSoak(folder)
  demandSoakable(read, exploration, join(folder, 'soak.json'))
  return read
}

test('a soak is taken back as it was saved', () => {
  saveSoak(folder, soak)
  expect(take()).toEqual(soak)
})

const [window] = soak.windows

test.each<[string, object, RegExp]>([
  ['options of Node.js', { settings: { NODE_OPTIONS: '--require /tmp/evil.js' } }, /sets "NODE_OPTIONS"/],
  ['a library to load first', { settings: { LD_PRELOAD: '/tmp/evil.so' } }, /sets "LD_PRELOAD"/],
  ['a setting that is never drawn', { settings: { POND_DATA: '/home' } }, /sets "POND_DATA"/],
  ['a workload of every object', { shares: { constructor: 1 } }, /no workload "constructor"/],
  ['a share below nothing', { shares: { rows: -1 } }, /shares\.rows must be/],
  ['more nodes than it is soaked on', { nodes: 50 }, /has 50 nodes, and pond is soaked on 3/],
  ['a window that is a path', { windows: [{ ...window, number: '../../evil' }] }, /windows\[0\]\.number must be/],
  ['a next window that is a path', { nextWindow: '../../evil' }, /nextWindow must be a whole number/],
  ['a next window beyond counting', { nextWindow: 1e300 }, /nextWindow must be/],
  ['windows of nothing', { windows: [null] }, /windows\[0\] is no object/],
  ['runners that are a number', { runners: 1e9 }, /runners is no list/],
  ['a seed that is text', { seed: '1;id' }, /seed must be/],
  ['a runtime that is none', { runtime: 'sh' }, /runtime is "sh"/],
  ['a build that is a list', { build: ['../evil'] }, /build is no text/],
  ['a rate without end', { ratePerSecond: 1e12 }, /ratePerSecond must be/],
  ['another version', { version: 2 }, /version is 2/],
])('a soak with %s is bad usage, in one sentence', (_, change, message) => {
  writeFileSync(join(folder, 'soak.json'), JSON.stringify({ ...soak, ...change }))
  expect(take).toThrow(message)
  expect(take).toThrow(/^[^\n]*soak\.json[^\n]* \[BAD_USAGE\]$/)
})

test.each(['', '{"version":1,', '[]', 'null'])('a soak.json of %j is bad usage, in one sentence', (text) => {
  writeFileSync(join(folder, 'soak.json'), text)
  expect(take).toThrow(/^[^\n]*soak\.json cannot be gone on with: [^\n]* \[BAD_USAGE\]$/)
})
