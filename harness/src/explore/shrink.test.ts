import { expect, test } from 'vitest'
import type { Schedule, ScheduledFault } from '../nemesis/schedule.ts'
import { shrink } from './shrink.ts'

const nodes = ['n1', 'n2', 'n3']
const fault = (id: string, family: string, targets: string[], more: object = {}) =>
  ({ id, family, targets, options: {}, opens: { afterMs: 100 }, lastsMs: 800, ...more }) as unknown as ScheduledFault

const eight = ['f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7', 'f8'].map((id) => fault(id, 'kill', ['n1']))
const schedule = (faults: readonly ScheduledFault[]): Schedule => ({
  version: 1,
  seed: 1,
  nodes,
  durationMs: 2_000,
  faults,
})

/** A system that fails on the given faults together, and notes every plan that it was tried on. */
function failingOn(ids: readonly string[], also: (candidate: Schedule) => boolean = () => true) {
  const plans: string[][] = []
  const fails = async (candidate: Schedule) => {
    const own = candidate.faults.map(({ id }) => id)
    plans.push(own)
    return ids.every((id) => own.includes(id)) && also(candidate)
  }
  return { plans, fails }
}

const idsOf = ({ faults }: Schedule) => faults.map(({ id }) => id)

test.each([[['f5']], [['f1', 'f8']], [['f3', 'f4', 'f6']], [['f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7', 'f8']]])(
  'of eight faults, those that it takes are left: %j',
  async (needed) => {
    const { fails } = failingOn(needed)
    const shrunk = await shrink(schedule(eight), fails, { mostTries: 200 })
    expect(idsOf(shrunk.schedule)).toEqual(needed)
    expect(shrunk.gaveUp).toBe(false)
  },
)

test('a failure that takes no fault is found out at once', async () => {
  const { fails, plans } = failingOn([])
  const shrunk = await shrink(schedule(eight), fails)
  expect(shrunk.schedule.faults).toEqual([])
  expect(plans).toHaveLength(1)
})

test('what is left is 1-minimal: without any one of its faults it holds', async () => {
  // Fails on f2 with f7, or on f3 alone with f5 and f6.
  const fails = async (candidate: Schedule) => {
    const own = new Set(idsOf(candidate))
    return (own.has('f2') && own.has('f7')) || ['f3', 'f5', 'f6'].every((id) => own.has(id))
  }
  const { schedule: smallest } = await shrink(schedule(eight), fails, { mostTries: 200 })
  expect(await fails(smallest)).toBe(true)
  for (const left of smallest.faults) {
    expect(await fails({ ...smallest, faults: smallest.faults.filter((each) => each !== left) })).toBe(false)
  }
})

test('faults become as short as the failure lets them', async () => {
  const { fails } = failingOn(['f1'], ({ faults }) => (faults[0]?.lastsMs ?? 0) >= 150)
  const shrunk = await shrink(schedule([fault('f1', 'pause', ['n1'], { lastsMs: 800 })]), fails)
  expect(shrunk.schedule.faults[0]?.lastsMs).toBe(200)
})

test('a cut-off node becomes one cut link, and that is cut one way, as long as it still fails', async () => {
  const isolated = fault('f1', 'isolate', ['n2'], { options: { how: 'hold' }, lastsMs: 50 })
  const all = await shrink(schedule([isolated]), failingOn(['f1']).fails)
  expect(all.schedule.faults[0]).toMatchObject({ family: 'oneWay', targets: ['n2', 'n1'], options: { how: 'hold' } })
  const needsBothWays = failingOn(['f1'], ({ faults }) => faults[0]?.family !== 'oneWay')
  const both = await shrink(schedule([isolated]), needsBothWays.fails)
  expect(both.schedule.faults[0]).toMatchObject({ family: 'partition', targets: ['n2', 'n1'] })
})

test('a trigger becomes a time where it can', async () => {
  const triggered = fault('f1', 'kill', ['n1'], { opens: { acknowledged: 50 }, lastsMs: 50 })
  const timed = await shrink(schedule([triggered]), failingOn(['f1']).fails)
  expect(timed.schedule.faults[0]?.opens).toEqual({ afterMs: 500 })
  const needsTrigger = failingOn(['f1'], ({ faults }) => 'acknowledged' in (faults[0]?.opens ?? {}))
  const kept = await shrink(schedule([triggered]), needsTrigger.fails)
  expect(kept.schedule.faults[0]?.opens).toEqual({ acknowledged: 50 })
})

test('the search ends after so many tries with the smallest plan so far, and says so', async () => {
  const { fails, plans } = failingOn(['f3', 'f6'])
  const shrunk = await shrink(schedule(eight), fails, { mostTries: 4 })
  expect(plans).toHaveLength(4)
  expect(shrunk).toMatchObject({ tried: 4, gaveUp: true })
  expect(idsOf(shrunk.schedule)).toEqual(expect.arrayContaining(['f3', 'f6']))
})

test('no plan is tried that is not smaller, shorter or simpler than the one before', async () => {
  const { fails, plans } = failingOn(['f2'])
  await shrink(schedule(eight), fails)
  expect(plans.every((plan) => plan.length <= eight.length)).toBe(true)
  expect(plans[0]).toEqual([])
})
