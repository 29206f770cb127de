import { expect, test } from 'vitest'
import type { FamilyName } from '../nemesis/schedule.ts'
import type { PlayedFault } from '../run/schedulePlayer.ts'
import { type Coverable, Coverage } from './coverage.ts'
import type { Followed } from './followed.ts'
import { mergeCoverage } from './mergeCoverage.ts'
import type { ExplorationPlan } from './plan.ts'
import { missedPairs } from './sequences.ts'

const planOf = (workload: string) => ({ workload }) as ExplorationPlan
const played = (family: PlayedFault['family'], outcome: PlayedFault['outcome'] = 'effective'): PlayedFault => ({
  id: 'f1',
  family,
  targets: ['n1'],
  outcome,
})
const families = ['kill', 'pause', 'slow'] as const
const nothing: Followed = { onNode: [], acrossNodes: [] }
const coverage = (more: Partial<Coverable> = {}) =>
  new Coverage({
    workloads: { rows: families, blobs: families },
    states: { 'tail cut': /tail cut/, 'peer lost': /peer lost/ },
    several: true,
    ...more,
  })
const seen = (...states: [string, FamilyName[]][]) => new Map(states)

test('nothing was met before the first run', () => {
  const { reachedCount, possibleCount, never, sequences } = coverage().report()
  expect([reachedCount, possibleCount]).toEqual([0, 12])
  expect(never).toEqual({
    families: ['kill', 'pause', 'slow'],
    workloads: ['rows', 'blobs'],
    states: ['tail cut', 'peer lost'],
    pairs: [],
  })
  // Two states and the restart, each after each.
  expect([sequences.onNode.reachedCount, sequences.onNode.possibleCount]).toEqual([0, 9])
})

test('what was met under which fault in which workload is told, and the rest is listed as never met', () => {
  const own = coverage()
  const first = { plan: planOf('rows'), played: [played('kill'), played('pause')], followed: nothing }
  own.add({ ...first, seen: seen(['tail cut', ['kill']]) })
  own.add({ plan: planOf('rows'), played: [played('kill')], seen: seen(['tail cut', ['kill']]), followed: nothing })
  const { workloads, reached, missed, reachedCount, never } = own.report()
  expect(workloads).toEqual({ rows: 2 })
  expect(reached).toEqual({ 'tail cut': { rows: ['kill'] } })
  expect(missed).toEqual({
    'tail cut': { rows: ['pause', 'slow'], blobs: ['kill', 'pause', 'slow'] },
    'peer lost': { rows: ['kill', 'pause', 'slow'], blobs: ['kill', 'pause', 'slow'] },
  })
  expect(reachedCount).toBe(1)
  expect(never).toEqual({
    families: ['slow'],
    workloads: ['blobs'],
    states: ['peer lost'],
    pairs: ['tail cut under pause'],
  })
})

test('a fault that never took effect counts as never met, however often it was opened', () => {
  const own = coverage()
  const faults = [played('slow', 'withoutEffect'), played('slow', 'withoutEffect'), played('slow', 'notOpened')]
  own.add({ plan: planOf('rows'), played: faults, seen: new Map(), followed: nothing })
  const report = own.report()
  expect(report.families).toEqual({ slow: { opened: 2, withoutEffect: 2, notOpened: 1 } })
  expect(report.never.families).toContain('slow')
})

test('what a workload cannot lead to, or a fault cannot be met with, is not missed', () => {
  const own = coverage({
    workloads: { rows: families, ledger: ['kill', 'pause'] },
    states: { 'tail cut': /tail cut/, elected: { line: /elected/, in: ['ledger'], under: ['kill'] } },
  })
  const taking = { played: families.map((family) => played(family)), followed: nothing }
  own.add({ plan: planOf('rows'), ...taking, seen: seen(['tail cut', ['kill', 'pause', 'slow']]) })
  expect(own.report().never).toEqual({ families: [], workloads: ['ledger'], states: ['elected'], pairs: [] })
  own.add({ plan: planOf('ledger'), ...taking, seen: seen(['elected', []]) })
  const { missed, never, sequences } = own.report()
  expect(missed).toEqual({ 'tail cut': { rows: [], ledger: ['kill', 'pause'] }, elected: { ledger: ['kill'] } })
  expect(never.pairs).toEqual(['elected under kill'])
  expect(new Set(sequences.onNode.missed.elected)).toEqual(new Set(['tail cut', 'restarted', 'elected']))
})

test('states that never share a workload never follow one another, and one node has no other', () => {
  const own = coverage({
    states: { saved: { line: /saved/, in: ['rows'] }, drawn: { line: /drawn/, in: ['blobs'] } },
    several: false,
  })
  const { onNode, acrossNodes } = own.report().sequences
  expect(onNode.missed).toEqual({
    saved: ['saved', 'restarted'],
    drawn: ['drawn', 'restarted'],
    restarted: ['saved', 'restarted', 'drawn'],
  })
  expect(acrossNodes.possibleCount).toBe(0)
})

test('a state met where the system says it cannot be is told, and counts', () => {
  const own = coverage({ states: { elected: { line: /elected/, in: ['blobs'] } } })
  own.add({ plan: planOf('rows'), played: [played('kill')], seen: seen(['elected', ['kill']]), followed: nothing })
  const { undeclared, reached, reachedCount, possibleCount } = own.report()
  expect(undeclared).toEqual(['elected in rows'])
  expect(reached.elected).toEqual({ rows: ['kill'] })
  expect([reachedCount, possibleCount]).toEqual([1, 4])
})

test('what came after what is counted by runs', () => {
  const own = coverage()
  const followed: Followed = { onNode: [['tail cut', 'restarted']], acrossNodes: [['peer lost', 'peer lost']] }
  own.add({ plan: planOf('rows'), played: [], seen: new Map(), followed })
  own.add({ plan: planOf('rows'), played: [], seen: new Map(), followed: { ...followed, acrossNodes: [] } })
  const { onNode, acrossNodes } = own.report().sequences
  expect(onNode.reached).toEqual({ 'tail cut': { restarted: 2 } })
  expect(onNode.missed['tail cut']).toEqual(['tail cut', 'peer lost'])
  expect(acrossNodes.reached).toEqual({ 'peer lost': { 'peer lost': 1 } })
})

test('of what never came next, the pair whose states were met most often is told first, and states never met are not', () => {
  const reached = { a: { b: 9 }, c: { c: 2 } }
  const missed = { a: ['a', 'c', 'never'], b: ['c'], never: ['a'] }
  expect(missedPairs({ reached, missed, reachedCount: 2, possibleCount: 7 })).toEqual([
    ['a', 'a'],
    ['a', 'c'],
    ['b', 'c'],
  ])
})

test('what any of several explorations met is met, and what none did is missed', () => {
  const one = coverage()
  const other = coverage()
  const after = (from: string, to: string): Followed => ({ onNode: [[from, to]], acrossNodes: [] })
  const kill = { plan: planOf('rows'), played: [played('kill')] }
  one.add({ ...kill, seen: seen(['tail cut', ['kill']]), followed: after('tail cut', 'peer lost') })
  const pause = { plan: planOf('blobs'), played: [played('pause')] }
  other.add({ ...pause, seen: seen(['tail cut', ['pause']]), followed: after('peer lost', 'tail cut') })
  const whole = coverage()
  whole.add({ ...kill, seen: seen(['tail cut', ['kill']]), followed: after('tail cut', 'peer lost') })
  whole.add({ ...pause, seen: seen(['tail cut', ['pause']]), followed: after('peer lost', 'tail cut') })
  const merged = mergeCoverage([one.report(), other.report()])
  expect(merged).toEqual(whole.report())
  expect(merged.never.states).toEqual(['peer lost'])
  expect(mergeCoverage([whole.report()])).toEqual(whole.report())
})
