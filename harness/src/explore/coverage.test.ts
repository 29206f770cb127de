import { expect, test } from 'vitest'
import type { PlayedFault } from '../run/schedulePlayer.ts'
import { Coverage } from './coverage.ts'
import type { ExplorationPlan } from './plan.ts'

const planOf = (workload: string) => ({ workload }) as ExplorationPlan
const played = (family: PlayedFault['family'], outcome: PlayedFault['outcome'] = 'effective'): PlayedFault => ({
  id: 'f1',
  family,
  targets: ['n1'],
  outcome,
})
const coverage = () =>
  new Coverage({ families: ['kill', 'pause', 'slow'], workloads: ['rows', 'blobs'], states: ['tail cut', 'peer lost'] })

test('nothing was met before the first run', () => {
  const { reachedCount, possibleCount, never } = coverage().report()
  expect([reachedCount, possibleCount]).toEqual([0, 12])
  expect(never).toEqual({
    families: ['kill', 'pause', 'slow'],
    workloads: ['rows', 'blobs'],
    states: ['tail cut', 'peer lost'],
    pairs: [],
  })
})

test('what was met under which fault in which workload is told, and the rest is listed as never met', () => {
  const own = coverage()
  own.add({ plan: planOf('rows'), played: [played('kill'), played('pause')], seen: new Map([['tail cut', ['kill']]]) })
  own.add({ plan: planOf('rows'), played: [played('kill')], seen: new Map([['tail cut', ['kill']]]) })
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
  own.add({ plan: planOf('rows'), played: faults, seen: new Map() })
  const { families, never } = own.report()
  expect(families).toEqual({ slow: { opened: 2, withoutEffect: 2, notOpened: 1 } })
  expect(never.families).toContain('slow')
})
