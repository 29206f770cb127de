import { expect, test } from 'vitest'
import { type FaultPlan, openFault } from './fault.ts'

function bed(change: Partial<FaultPlan> = {}) {
  const seen = { heals: 0, counts: { bytesRefused: 0, connectionsReset: 0 } as Record<string, number> }
  const fault = openFault({
    name: 'partition n1 from n2',
    kind: 'partition',
    targets: ['n1', 'n2'],
    counts: () => ({ ...seen.counts }),
    heal: () => {
      seen.heals++
    },
    ...change,
  })
  return { fault, seen }
}

test('healing twice, also at once, is one heal', async () => {
  const { fault, seen } = bed()
  expect(fault.healedAtMs).toBeUndefined()
  await Promise.all([fault.heal(), fault.heal()])
  const healedAtMs = fault.healedAtMs
  await fault.heal()
  expect(seen.heals).toBe(1)
  expect(healedAtMs).toBeGreaterThanOrEqual(fault.openedAtMs)
  expect(fault.healedAtMs).toBe(healedAtMs)
})

test('leaving the block heals, however it is left', async () => {
  const { fault, seen } = bed()
  const failing = async () => {
    await using _open = fault
    expect(seen.heals).toBe(0)
    throw new Error('the guard failed')
  }
  await expect(failing()).rejects.toThrow('the guard failed')
  expect(seen.heals).toBe(1)
})

test('it is healed when the undo is done, not when it was asked for', async () => {
  const undone = Promise.withResolvers<void>()
  const { fault } = bed({ heal: () => undone.promise })
  let told = false
  void fault.healed.then(() => {
    told = true
  })
  const healing = fault.heal()
  await new Promise(setImmediate)
  expect([fault.healedAtMs, told]).toEqual([undefined, false])
  undone.resolve()
  await healing
  await fault.healed
  expect(fault.healedAtMs).toBeGreaterThan(0)
})

test.each([
  ['rejects', () => Promise.reject(new Error('the node does not answer'))],
  [
    'throws',
    () => {
      throw new Error('the node does not answer')
    },
  ],
])('a heal that %s tells everybody who heals, and the fault stays open', async (_, heal) => {
  const { fault } = bed({ heal })
  await expect(fault.heal()).rejects.toThrow('the node does not answer')
  await expect(fault.heal()).rejects.toThrow('the node does not answer')
  expect(fault.healedAtMs).toBeUndefined()
})

test('effects are the sum of the counts, or of those that the plan names', () => {
  const { fault, seen } = bed()
  seen.counts = { bytesRefused: 5, connectionsReset: 2 }
  expect(fault.effects()).toBe(7)
  const named = bed({ effects: () => 0 })
  named.seen.counts = { callsMatched: 9 }
  expect(named.fault.effects()).toBe(0)
  expect(named.fault.counts()).toEqual({ callsMatched: 9 })
})

test('tookEffect() waits for the first effect', async () => {
  const { fault, seen } = bed()
  const waiting = fault.tookEffect(5_000)
  setImmediate(() => {
    seen.counts = { bytesRefused: 1 }
  })
  await waiting
  expect(fault.effects()).toBe(1)
})

test('a fault without effect is told by name with its counts', async () => {
  const { fault } = bed()
  await expect(fault.tookEffect(15)).rejects.toThrow(
    /^Waited 15 ms for the fault "partition n1 from n2" to take effect.*last reading: \{"bytesRefused":0,"connectionsReset":0\}, unchanged for .*\[BUDGET_SPENT\]$/,
  )
})
