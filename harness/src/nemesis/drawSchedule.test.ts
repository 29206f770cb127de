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

/** A node that is killed while its disk is slow, and loses its power soon after it is back. */
function relapseOf(own: readonly ScheduledFault[]): readonly ScheduledFault[] {
  const cut = own.findIndex(({ opens }, at) => isAfterHeal(opens) && own[at - 1]?.family === 'kill')
  return cut < 0 ? [] : own.slice(cut - 2, cut + 1)
}

/** A node whose sync fails and drops what was dirty, and that loses its power soon after it was started anew. */
function forgottenOf(own: readonly ScheduledFault[]): readonly ScheduledFault[] {
  const cut = own.findIndex(({ opens }, at) => isAfterHeal(opens) && own[at - 1]?.family === 'failDisk')
  return cut < 0 ? [] : own.slice(cut - 1, cut + 1)
}

function isAfterHeal(opens: ScheduledFault['opens']): boolean {
  return 'with' in opens && opens.once === 'healed'
}

const digestOf = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)

test('a seed draws the same schedule on every machine', () => {
  expect(drawSchedule(new Seed(71), plan)).toEqual(drawSchedule(new Seed(71), plan))
  // Of the first 400 seeds, as drawn on Linux x64 with Node 24. Another way to draw makes another one: then saved seeds mean nothing any more.
  const without = drawn.map((schedule) => {
    const sequences = [...relapseOf(schedule.faults), ...forgottenOf(schedule.faults)]
    return { ...schedule, faults: schedule.faults.filter((fault) => !sequences.includes(fault)) }
  })
  expect(digestOf(without)).toBe('f849bb371b4b71c9')
  expect(digestOf(drawn)).toBe('ca0c21a978dc6f7a')
})

test('in three schedules of ten a node is killed on a slow disk, and its power is cut soon after it is back', () => {
  const relapses = drawn.map(({ faults: own }) => relapseOf(own)).filter((own) => own.length > 0)
  expect(relapses.length / drawn.length).toBeGreaterThan(0.25)
  expect(relapses.length / drawn.length).toBeLessThan(0.35)
  for (const own of relapses) {
    const [disk, kill, cut] = own as [ScheduledFault, ScheduledFault, ScheduledFault]
    expect(own.map(({ family }) => family)).toEqual(['failDisk', 'kill', 'powerCut'])
    expect(new Set(own.map(({ targets }) => targets.join())).size).toBe(1)
    expect([kill.opens, cut.opens]).toMatchObject([{ with: disk.id }, { with: kill.id, once: 'healed' }])
    expect('afterMs' in cut.opens && cut.opens.afterMs).toBeLessThanOrEqual(120)
  }
  expect(new Set(relapses.map(([disk]) => disk?.targets[0])).size).toBe(plan.nodes.length)
  for (const missing of [{ weights: { kill: 0 } }, { weights: { failDisk: 0 } }, { powerCuts: false }]) {
    const others = Array.from({ length: 40 }, (_, seed) => drawSchedule(new Seed(seed), { ...plan, ...missing }))
    expect(others.filter(({ faults: own }) => relapseOf(own).length > 0)).toEqual([])
  }
})

test('in one schedule of four a sync fails for good, and the power of the node is cut soon after it is back', () => {
  const forgotten = drawn.map(({ faults: own }) => forgottenOf(own)).filter((own) => own.length > 0)
  expect(forgotten.length / drawn.length).toBeGreaterThan(0.2)
  expect(forgotten.length / drawn.length).toBeLessThan(0.3)
  for (const own of forgotten) {
    const [disk, cut] = own as [ScheduledFault, ScheduledFault]
    const rule = { operations: ['sync'], effect: { type: 'dropDirty' } }
    expect(disk).toMatchObject({ family: 'failDisk', options: { rule, restart: true } })
    expect(cut).toMatchObject({ family: 'powerCut', targets: disk.targets, opens: { with: disk.id } })
  }
  for (const missing of [{ weights: { failDisk: 0 } }, { powerCuts: false }]) {
    const others = Array.from({ length: 40 }, (_, seed) => drawSchedule(new Seed(seed), { ...plan, ...missing }))
    expect(others.filter(({ faults: own }) => forgottenOf(own).length > 0)).toEqual([])
  }
})

test('a disk fails in every way: slow, still, full for a while, unreadable, with short reads', () => {
  const rules = faults.flatMap((fault) => (fault.family === 'failDisk' ? [fault.options] : []))
  const kinds = rules.map(({ rule, restart }) => {
    const { effect, operations } = rule
    const code = effect.type === 'fail' ? ` ${effect.code}` : ''
    return `${effect.type}${code} ${operations.join('/')}${rule.every === undefined ? '' : ' some'}${restart ? ', then anew' : ''}`
  })
  expect([...new Set(kinds)].sort()).toEqual([
    'delay sync',
    'dropDirty sync, then anew',
    'fail EIO read some',
    'fail EIO sync some, then anew',
    'fail ENOSPC write some, then anew',
    'fail ENOSPC write/mkdir, then anew',
    'hold sync',
    'truncate read some',
  ])
  const reads = rules.filter(({ rule }) => rule.operations.includes('read'))
  // A program that cannot load its own parts is not what this is about.
  for (const { rule } of reads) {
    const pattern = new RegExp(rule.pathPattern ?? '')
    expect(['/d/n1/log/00000002.log', '/d/n1/blobs/9f'].map((path) => pattern.test(path))).toEqual([true, true])
    expect(['/app/thread.ts', '/app/a.node', '/app/package.json'].map((path) => pattern.test(path))).toEqual([
      false,
      false,
      false,
    ])
  }
})

test('a file at rest is damaged where a system is explored that notices', () => {
  const own = Array.from({ length: 100 }, (_, seed) =>
    drawSchedule(new Seed(seed), { ...plan, weights: { damageFile: 3 } }),
  ).flatMap((schedule) => schedule.faults)
  const how = own.flatMap((fault) => (fault.family === 'damageFile' ? [fault.options.how] : []))
  expect(new Set(how)).toEqual(new Set(['bitFlip', 'garbage', 'zeros']))
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
    'delayTimers',
    'starve',
  ]
  expect(new Set(faults.map(({ family }) => family))).toEqual(new Set(expected))
})

test('what a runtime or a system brings along is drawn where it is', () => {
  const more = familiesFor({ ...plan, can: new Set([...processes, 'firewall']), speaksS3: true }).map(([name]) => name)
  expect(more).toEqual(Object.keys(families).filter((name) => name !== 'damageFile'))
  const fewer = familiesFor({ ...plan, can: new Set(['linkProxy']), powerCuts: false }).map(([name]) => name)
  expect(fewer).toEqual(['kill', 'partition', 'oneWay', 'isolate', 'slow', 'reset', 'silence'])
})

test('one node is not cut off from others that are not there', () => {
  const alone = familiesFor({ ...plan, nodes: ['n1'] }).map(([name]) => name)
  expect(alone).toEqual(['kill', 'powerCut', 'pause', 'failDisk', 'skewClock', 'delayTimers', 'starve'])
})

test('a weight of 0 leaves a family out, and weights are kept to', () => {
  const weights = { ...Object.fromEntries(Object.keys(families).map((name) => [name, 0])), slow: 3, partition: 1 }
  const own = Array.from({ length: 200 }, (_, seed) => drawSchedule(new Seed(seed), { ...plan, weights })).flatMap(
    (schedule) => schedule.faults,
  )
  const slow = own.filter(({ family }) => family === 'slow').length
  expect(new Set(own.map(({ family }) => family))).toEqual(new Set(['slow', 'partition']))
  expect(slow / own.length).toBeGreaterThan(0.7)
  expect(slow / own.length).toBeLessThan(0.8)
})

test('with every family left out there is nothing to draw, and that is said', () => {
  const weights = Object.fromEntries(Object.keys(families).map((name) => [name, 0]))
  expect(() => drawSchedule(new Seed(1), { ...plan, weights })).toThrow(/no fault to draw.*\[BAD_USAGE\]$/)
})

test('faults open within the time of the schedule, on time or on a trigger, and overlap', () => {
  const kinds = new Set(faults.map(({ opens }) => Object.keys(opens).sort().join()))
  expect(kinds).toEqual(
    new Set([
      'afterMs',
      'acknowledged,latestMs',
      'bytes,from,latestMs,to',
      'latestMs,line,node',
      'latestMs,line,times',
      'afterMs,with',
      'afterMs,once,with',
    ]),
  )
  for (const { opens } of faults) {
    if ('afterMs' in opens) expect(opens.afterMs).toBeLessThan(plan.durationMs)
    if ('bytes' in opens) expect(opens.from).not.toBe(opens.to)
  }
  const overlapping = drawn.filter((schedule) =>
    timed(schedule.faults).some((one, at, all) => all.slice(at + 1).some((other) => overlap(one, other))),
  )
  expect(overlapping.length).toBeGreaterThan(drawn.length * 0.4)
})

test('each fault opens while there is time for it: what waits for a trigger has a latest time, and companions come before the end', () => {
  const opensBy = ({ opens }: ScheduledFault, all: readonly ScheduledFault[]): number => {
    if (!('afterMs' in opens)) return opens.latestMs ?? Number.POSITIVE_INFINITY
    const first = 'with' in opens ? all.find(({ id }) => id === opens.with) : undefined
    return opens.afterMs + (first ? opensBy(first, all) : 0)
  }
  for (const { faults: own } of drawn) {
    for (const fault of own) expect(opensBy(fault, own)).toBeLessThan(plan.durationMs * 0.9)
  }
})

test('where the operations of a schedule are told, no fault waits for more of them', () => {
  const own = Array.from({ length: 200 }, (_, seed) => drawSchedule(new Seed(seed), { ...plan, operations: 60 }))
  const counts = own.flatMap(({ faults: all }) =>
    all.flatMap(({ opens }) => ('acknowledged' in opens ? [opens.acknowledged] : [])),
  )
  expect(new Set(counts)).toEqual(new Set([5, 10, 20]))
  expect(own.every(({ operations }) => operations === 60)).toBe(true)
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
      if (!('with' in opens) || opens.once === 'healed') continue
      const base = schedule.faults.find(({ id }) => id === opens.with)
      if (base?.targets[0] !== targets[0]) continue
      companions++
      expect(opens.afterMs).toBeLessThanOrEqual(base?.lastsMs ?? -1)
    }
  }
  expect(companions / faults.length).toBeGreaterThan(0.15)
})

/** For each first crash of several, with all that go down with it. */
function crashesOf(all: readonly ScheduledFault[]): ScheduledFault[][] {
  return all.flatMap((base) => {
    const also = all.filter(({ opens, targets }) => {
      return 'with' in opens && opens.with === base.id && targets[0] !== base.targets[0]
    })
    return also.length > 0 ? [[base, ...also]] : []
  })
}

test('some schedules take down several nodes at nearly one time and bring them back soon, and again at a line that they log', () => {
  const crashes = drawn.flatMap((schedule) => crashesOf(schedule.faults))
  for (const [base, ...also] of crashes) {
    const down = [base, ...also].map((each) => each?.targets[0])
    expect(new Set(down).size).toBe(down.length)
    for (const { family, opens, lastsMs } of also) {
      expect(['kill', 'powerCut']).toContain(family)
      expect('with' in opens && opens.afterMs).toBeLessThanOrEqual(60)
      expect(lastsMs).toBeLessThanOrEqual(200)
    }
  }
  const atLine = crashes.filter(([base]) => base && 'line' in base.opens)
  expect(drawn.filter(({ faults: own }) => crashesOf(own).length > 0).length / drawn.length).toBeGreaterThan(0.4)
  expect(atLine.length / crashes.length).toBeGreaterThan(0.4)
  // The whole cluster at once, and more than once in a schedule: what nobody has saved, nobody knows.
  expect(crashes.filter((each) => each.length === plan.nodes.length).length / crashes.length).toBeGreaterThan(0.5)
  expect(
    atLine.filter(([base]) => base && 'times' in base.opens && (base.opens.times ?? 1) > 1).length,
  ).toBeGreaterThan(50)
})

test('some schedules are little else: the cluster gets far enough in between for the next crash to matter', () => {
  const storms = drawn.filter(({ faults: own }) => {
    const crashing = new Set(
      crashesOf(own)
        .flat()
        .map(({ id }) => id),
    )
    return crashing.size >= 6 && own.length - crashing.size <= 2
  })
  expect(storms.length / drawn.length).toBeGreaterThan(0.1)
})

test('without kills, or on one node, there is no crash of several', () => {
  const own = Array.from({ length: 100 }, (_, seed) => [
    drawSchedule(new Seed(seed), { ...plan, weights: { kill: 0, powerCut: 0 } }),
    drawSchedule(new Seed(seed), { ...plan, nodes: ['n1'] }),
  ]).flat()
  expect(own.flatMap((schedule) => crashesOf(schedule.faults))).toEqual([])
})

test('where there is a leader, half of the faults are aimed at it, and companions as what they come with', () => {
  const { logLines: _, ...unlogged } = { ...plan, leads: true, weights: { kill: 0, powerCut: 0 } }
  const led = Array.from({ length: 100 }, (_, seed) => drawSchedule(new Seed(seed), unlogged).faults)
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

test('where there is a leader, some nodes that are paused are cut off before anybody misses them and until after they go on', () => {
  const pauses = Array.from({ length: 200 }, (_, seed) => drawSchedule(new Seed(seed), { ...plan, leads: true }).faults)
    .flatMap((own) => own.map((pause) => ({ pause, own })))
    .filter(({ pause }) => pause.family === 'pause')
  const late = pauses.filter(({ pause, own }) =>
    own.some(({ family, opens, lastsMs, targets, aim }) => {
      if (family !== 'isolate' || !('with' in opens) || opens.with !== pause.id) return false
      const isSame = targets[0] === pause.targets[0] && aim === pause.aim
      return isSame && opens.afterMs <= 40 && opens.afterMs + lastsMs >= pause.lastsMs + 150
    }),
  )
  expect(late.length / pauses.length).toBeGreaterThan(0.4)
  expect(late.length / pauses.length).toBeLessThan(0.8)
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
  const atLine = { ...fault, opens: { line: 'copy started', times: 2 } }
  expect(describeScheduled(atLine)).toBe(
    'f3 isolate n2 (how hold) when any node (then at that one) logs "copy started" for the 2nd time for 900 ms',
  )
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
