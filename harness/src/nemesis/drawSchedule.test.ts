import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import type { Capability } from '../runtime/runtime.ts'
import { drawSchedule, familiesFor, type SchedulePlan } from './drawSchedule.ts'
import { families } from './faultFamily.ts'
import { describeScheduled, type FamilyName, type ScheduledFault } from './schedule.ts'

const processes: ReadonlySet<Capability> = new Set([
  'pause',
  'faultPreload',
  'addressPerNode',
  'linkProxy',
  'clockOffset',
])
const plan: SchedulePlan = {
  nodes: ['n1', 'n2', 'n3'],
  durationMs: 2_000,
  faults: [4, 12],
  can: processes,
  powerCuts: true,
  logLines: ['copy started'],
}
const drawn = Array.from({ length: 400 }, (_, seed) => drawSchedule(new Seed(seed), plan))
const faults = drawn.flatMap((schedule) => schedule.faults)

test('a seed draws the same schedule on every machine', () => {
  expect(drawSchedule(new Seed(71), plan)).toEqual(drawSchedule(new Seed(71), plan))
  const digest = createHash('sha256').update(JSON.stringify(drawn)).digest('hex')
  // Of the first 400 seeds, as drawn on Linux x64 with Node 24. Another way to draw makes another one: then saved seeds mean nothing any more.
  expect(digest.slice(0, 16)).toBe('49cdb2dab46f1e1c')
})

test('other seeds draw other schedules', () => {
  expect(new Set(drawn.map((schedule) => JSON.stringify(schedule.faults))).size).toBe(drawn.length)
})

test('a schedule survives being saved', () => {
  for (const schedule of drawn) expect(JSON.parse(JSON.stringify(schedule))).toEqual(schedule)
})

test('every family that can be had is drawn, and no other', () => {
  const expected: FamilyName[] = [
    'kill',
    'powerCut',
    'pause',
    'partition',
    'oneWay',
    'isolate',
    'slow',
    'reset',
    'silence',
    'failDisk',
    'skewClock',
  ]
  expect(new Set(faults.map(({ family }) => family))).toEqual(new Set(expected))
})

test('what a runtime or a system brings along is drawn where it is', () => {
  const more = familiesFor({ ...plan, can: new Set([...processes, 'firewall']), speaksS3: true }).map(([name]) => name)
  expect(more).toEqual(Object.keys(families))
  const fewer = familiesFor({ ...plan, can: new Set(['linkProxy']), powerCuts: false }).map(([name]) => name)
  expect(fewer).toEqual(['kill', 'partition', 'oneWay', 'isolate', 'slow', 'reset', 'silence'])
})

test('one node is not cut off from others that are not there', () => {
  const alone = familiesFor({ ...plan, nodes: ['n1'] }).map(([name]) => name)
  expect(alone).toEqual(['kill', 'powerCut', 'pause', 'failDisk', 'skewClock'])
})

test('a weight of 0 leaves a family out, and weights are kept to', () => {
  const weights = { ...Object.fromEntries(Object.keys(families).map((name) => [name, 0])), kill: 3, pause: 1 }
  const own = Array.from({ length: 200 }, (_, seed) => drawSchedule(new Seed(seed), { ...plan, weights })).flatMap(
    (schedule) => schedule.faults,
  )
  const kills = own.filter(({ family }) => family === 'kill').length
  expect(new Set(own.map(({ family }) => family))).toEqual(new Set(['kill', 'pause']))
  expect(kills / own.length).toBeGreaterThan(0.6)
  expect(kills / own.length).toBeLessThan(0.9)
})

test('with every family left out there is nothing to draw, and that is said', () => {
  const weights = Object.fromEntries(Object.keys(families).map((name) => [name, 0]))
  expect(() => drawSchedule(new Seed(1), { ...plan, weights })).toThrow(/no fault to draw.*\[BAD_USAGE\]$/)
})

test('faults open within the time of the schedule, on time or on a trigger, and overlap', () => {
  const kinds = new Set(faults.map(({ opens }) => Object.keys(opens).sort().join()))
  expect(kinds).toEqual(new Set(['afterMs', 'acknowledged', 'bytes,from,to', 'line,node', 'afterMs,with']))
  for (const { opens } of faults) {
    if ('afterMs' in opens) expect(opens.afterMs).toBeLessThan(plan.durationMs)
    if ('bytes' in opens) expect(opens.from).not.toBe(opens.to)
  }
  const overlapping = drawn.filter((schedule) =>
    timed(schedule.faults).some((one, at, all) => all.slice(at + 1).some((other) => overlap(one, other))),
  )
  expect(overlapping.length).toBeGreaterThan(drawn.length / 2)
})

test('no node is killed or paused while another kill or pause of it is meant to last', () => {
  for (const schedule of drawn) {
    const held = timed(schedule.faults).filter(({ family }) => families[family as FamilyName].holds === 'process')
    for (const [at, one] of held.entries()) {
      const clashes = held.slice(at + 1).filter((other) => other.targets[0] === one.targets[0] && overlap(one, other))
      expect(clashes.map((other) => [one.id, other.id])).toEqual([])
    }
  }
})

test('some faults come together with the one before, on its first target and while it lasts', () => {
  let companions = 0
  for (const schedule of drawn) {
    for (const { opens, targets } of schedule.faults) {
      if (!('with' in opens)) continue
      companions++
      const base = schedule.faults.find(({ id }) => id === opens.with)
      expect(base?.targets[0]).toBe(targets[0])
      expect(opens.afterMs).toBeLessThanOrEqual(base?.lastsMs ?? -1)
    }
  }
  expect(companions / faults.length).toBeGreaterThan(0.2)
})

test('where there is a leader, half of the faults are aimed at it, and companions as what they come with', () => {
  const led = Array.from({ length: 100 }, (_, seed) => drawSchedule(new Seed(seed), { ...plan, leads: true }).faults)
  const aimed = led.flat().filter(({ aim }) => aim === 'leader').length / led.flat().length
  expect(aimed).toBeGreaterThan(0.4)
  expect(aimed).toBeLessThan(0.6)
  for (const own of led) {
    for (const { opens, aim } of own) {
      if ('with' in opens) expect(aim).toBe(own.find(({ id }) => id === opens.with)?.aim)
    }
  }
  expect(faults.some(({ aim }) => aim)).toBe(false)
})

test('targets are nodes of the cluster, two of them where a fault lies between two', () => {
  for (const { family, targets } of faults) {
    expect(targets).toHaveLength(families[family].targets)
    expect(new Set(targets).size).toBe(targets.length)
    for (const target of targets) expect(plan.nodes).toContain(target)
  }
})

test('a fault is told in a line', () => {
  const fault: ScheduledFault = {
    id: 'f3',
    family: 'isolate',
    targets: ['n2'],
    options: { how: 'hold' },
    opens: { acknowledged: 50 },
    lastsMs: 900,
  }
  expect(describeScheduled(fault)).toBe('f3 isolate n2 (how hold) after 50 acknowledged operations for 900 ms')
})

type Timed = { id: string; family: string; targets: readonly string[]; fromMs: number; toMs: number }

function timed(all: readonly ScheduledFault[]): Timed[] {
  return all.flatMap(({ id, family, targets, opens, lastsMs }) =>
    'afterMs' in opens && !('with' in opens)
      ? [{ id, family, targets, fromMs: opens.afterMs, toMs: opens.afterMs + lastsMs }]
      : [],
  )
}

function overlap(one: Timed, other: Timed): boolean {
  return one.fromMs <= other.toMs && other.fromMs <= one.toMs
}
