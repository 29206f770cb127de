import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HarnessError } from '../base/errors.ts'
import { Seed } from '../base/seed.ts'
import type { System } from '../cluster/system.ts'
import type { Capability } from '../runtime/runtime.ts'
import type { Exploration, ExploredWorkload } from './exploration.ts'
import { demandDrawable, drawPlan, type ExplorationPlan, readPlan, savePlan } from './plan.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-plan-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const workload: ExploredWorkload<unknown> = { work: async () => {}, observe: async () => {}, checks: [] }
const exploration: Exploration = {
  system: { name: 'pond', abilities: { speaksS3: true } } as System,
  nodes: [1, 3],
  durationMs: 3_000,
  faults: [2, 8],
  powerCuts: true,
  settings: (random) => ({ POND_DEPTH: String(random.pick([1, 2])) }),
  workloads: {
    rows: { ...workload, leads: true, logLines: ['became leader'] },
    rare: {
      ...workload,
      settings: (random): Record<string, string> => (random.chance(0.05) ? { POND_RARE: '1' } : {}),
    },
  },
  states: {},
  soak: { nodes: 3, shares: { rows: 1 }, ratePerSecond: 10, settings: { POND_SOAKED: '1' } },
  settle: async () => {},
}
const can = new Set<Capability>(['faultPreload', 'pause', 'clockOffset', 'firewall'])
const drawn = (seed: number) => drawPlan(exploration, new Seed(seed), { system: 'pond', runtime: 'process', can })

/** What a replay does with a plan before it starts anything. */
function take(): ExplorationPlan {
  const plan = readPlan(folder)
  demandDrawable(plan, exploration, join(folder, 'plan.json'))
  return plan
}

test('every plan that is drawn is taken back as it was', () => {
  for (let seed = 0; seed < 500; seed++) {
    savePlan(folder, drawn(seed))
    expect(take()).toEqual(drawn(seed))
  }
})

const [first] = drawn(1).schedule.faults
const withFault = (change: object) => ({ schedule: { ...drawn(1).schedule, faults: [{ ...first, ...change }] } })
const kill = { family: 'kill', targets: ['n1'], options: {} }

test.each<[string, object, RegExp]>([
  ['an option of Node.js', { settings: { NODE_OPTIONS: '--require /tmp/evil.js' } }, /sets "NODE_OPTIONS"/],
  ['a library to load first', { settings: { LD_PRELOAD: '/tmp/evil.so' } }, /sets "LD_PRELOAD"/],
  ['a search path', { settings: { PATH: '/tmp' } }, /sets "PATH"/],
  ["Breakwater's own variables", { settings: { BREAKWATER_POND_COMMAND: 'sh' } }, /sets "BREAKWATER_POND_COMMAND"/],
  ['a setting of the system that is never drawn', { settings: { POND_DATA: '/home' } }, /sets "POND_DATA".*POND_DEPTH/],
  ['a setting that is no text', { settings: { POND_DEPTH: { toString: 1 } } }, /settings\.POND_DEPTH is no text/],
  ['settings that are a list', { settings: ['NODE_OPTIONS=1'] }, /settings is no object/],
  ['a workload that every object has', { workload: 'constructor' }, /no workload "constructor"; it has: rows, rare/],
  ['a workload by its prototype', { workload: '__proto__' }, /no workload "__proto__"/],
  ['too many nodes', { nodes: 64 }, /wants 64 nodes.*on 3 at the most/],
  ['a huge number of nodes', { nodes: 1e9 }, /nodes must be a whole number from 1 to 100, but it is 1000000000/],
  ['half a node', { nodes: 1.5 }, /nodes must be a whole number/],
  ['a seed that is a path', { seed: '../../evil' }, /seed must be a whole number .* "\.\.\/\.\.\/evil"/],
  ['a huge seed', { seed: 2 ** 53 }, /seed must be a whole number/],
  ['a runtime that is none', { runtime: '/bin/sh' }, /runtime is "\/bin\/sh", and none of process, docker/],
  ['a build that is no text', { build: ['a'] }, /build is no text/],
  ['another version', { version: 2 }, /version is 2, and none of 1/],
  ['a field that nobody knows', { command: 'sh' }, /has a field "command"/],
  ['no schedule', { schedule: undefined }, /schedule is no object/],
  ['a schedule of a year', { schedule: { ...drawn(1).schedule, durationMs: 3e10 } }, /schedule\.durationMs must be/],
  [
    'a node by another name',
    { schedule: { ...drawn(1).schedule, nodes: ['../n1'] } },
    /nodes\[0\] cannot be "\.\.\/n1"/,
  ],
  ['a family that is none', withFault({ family: 'constructor' }), /faults\[0\]\.family is "constructor"/],
  ['a fault of nobody', withFault({ ...kill, targets: ['n9'] }), /faults\[0\] names n9/],
  ['a fault without a target', withFault({ ...kill, targets: [] }), /faults\[0\]\.targets must be 1/],
  ['a fault at no time', withFault({ ...kill, opens: {} }), /faults\[0\]\.opens does not say when/],
  ['a fault in a million years', withFault({ ...kill, opens: { afterMs: 1e18 } }), /opens\.afterMs must be/],
  ['a fault before time', withFault({ ...kill, lastsMs: -1 }), /lastsMs must be/],
  ['an option of a kill', withFault({ ...kill, options: { command: 'sh' } }), /options has a field "command"/],
  [
    'bytes for a shell',
    withFault({ family: 'slow', targets: ['n1', 'n2'], options: { bytesPerSecond: '1; sh' } }),
    /options\.bytesPerSecond must be/,
  ],
])('a plan with %s is bad usage, in one sentence', (_, change, message) => {
  writeFileSync(join(folder, 'plan.json'), JSON.stringify({ ...drawn(1), ...change }))
  expect(take).toThrow(message)
  expect(take).toThrow(/^[^\n]*plan\.json[^\n]* \[BAD_USAGE\]$/)
})

test.each([
  ['of no length', ''],
  ['that is torn', '{"version":1,'],
  ['that is a list', '[]'],
  ['that is null', 'null'],
  ['with a prototype among its settings', JSON.stringify(drawn(1)).replace('"POND_DEPTH"', '"__proto__"')],
])('a file %s is bad usage, in one sentence', (_, text) => {
  writeFileSync(join(folder, 'plan.json'), text)
  expect(take).toThrow(/^[^\n]*plan\.json[^\n]* \[BAD_USAGE\]$/)
})

test('an exploration that sets what is not its own is refused as it draws', () => {
  const other = { ...exploration, settings: () => ({ NODE_OPTIONS: '--inspect' }) }
  const draw = () => drawPlan(other, new Seed(1), { system: 'pond', runtime: 'process', can })
  expect(draw).toThrow(HarnessError)
  expect(draw).toThrow(/sets NODE_OPTIONS, and settings of pond begin with POND_.*\[BAD_USAGE\]/)
})

test('a workload that needs nothing beside the system draws no fault of the object store', () => {
  const lake: Exploration = {
    ...exploration,
    system: { name: 'lake', abilities: {} } as System,
    dependencies: { speaksS3: true, start: async () => ({ env: {} }) },
    workloads: { stored: workload, alone: { ...workload, isAlone: true } },
    settings: () => ({}),
  }
  const familiesOf = (name: string) => {
    const plans = Array.from({ length: 100 }, (_, seed) =>
      drawPlan(lake, new Seed(seed), { system: 'lake', runtime: 'process', can, workloads: [name] }),
    )
    return new Set(plans.flatMap(({ schedule }) => schedule.faults.map(({ family }) => family)))
  }
  expect([...familiesOf('stored')]).toContain('failObjectStore')
  expect([...familiesOf('alone')]).not.toContain('failObjectStore')
  expect([...familiesOf('alone')]).not.toContain('objectStoreOutage')
})
