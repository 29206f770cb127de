import '../harness/src/vitest/matchers.ts'
import { basename } from 'node:path'
import { awaitReading, type DiskRule } from '@breakwater/harness'
import { expect } from 'vitest'
import { dial, testOnCluster } from './guardBed.ts'

const test = testOnCluster(2)

const codeOf = (error: Error) => error.message

test('failing disk calls fail inside the node, as often as ordered, and no more once healed', async ({ cluster }) => {
  const [node, other] = cluster.nodes
  const rule: DiskRule = {
    operations: ['openWrite'],
    pathIncludes: '/blob',
    every: 2,
    effect: { type: 'fail', code: 'ENOSPC' },
  }
  const fault = await cluster.failDisk(node, rule)
  expect(await node.client.ask('/write?name=other')).toBe('ok')
  expect(await node.client.ask('/write?name=blob1')).toBe('ok')
  expect(fault.effects()).toBe(0)
  expect(await node.client.ask('/write?name=blob2').catch(codeOf)).toBe('ENOSPC')
  await fault.tookEffect()
  expect(await other.client.ask('/write?name=blob2')).toBe('ok')
  expect(await node.client.ask('/write?name=blob3')).toBe('ok')
  await fault.heal()
  expect(fault.counts()).toEqual({ callsMatched: 3, callsFailed: 1 })
  expect(await node.client.ask('/write?name=blob4')).toBe('ok')
  expect(node.log).toContainLine(/^breakwater fault f1 armed: /, 1)
  expect(node.log).toContainLine('breakwater fault f1 disarmed: 1 of 3 calls failed', 1)
})

test('a matching call that was let through is counted, and is no effect', async ({ cluster }) => {
  const [node] = cluster.nodes
  const rule: DiskRule = {
    operations: ['openWrite'],
    pathIncludes: '/blob',
    calls: [5],
    effect: { type: 'fail', code: 'EIO' },
  }
  await using fault = await cluster.failDisk(node, rule)
  await node.client.ask('/write?name=blob1')
  await awaitReading({
    what: 'the call to be counted',
    budget: 5_000,
    probe: () => fault.counts().callsMatched,
    until: (count) => count === 1,
  })
  expect(fault.effects()).toBe(0)
  await expect(fault.tookEffect(5)).rejects.toThrow(/"fail fs calls of n1" to take effect.*\[BUDGET_SPENT\]$/)
})

test('a fault inside a node outlives its incarnation', async ({ cluster }) => {
  const [node] = cluster.nodes
  const rule: DiskRule = { operations: ['openWrite'], pathIncludes: '/blob', effect: { type: 'fail', code: 'EIO' } }
  const fault = await cluster.failDisk(node, rule)
  expect(await node.client.ask('/write?name=blob1').catch(codeOf)).toBe('EIO')
  await fault.tookEffect()
  await node.restart()
  expect(await node.client.ask('/write?name=blob2').catch(codeOf)).toBe('EIO')
  await awaitReading({
    what: 'both lives to be counted',
    budget: 5_000,
    probe: () => fault.counts().callsFailed,
    until: (count) => count === 2,
  })
  await fault.heal()
  expect(await node.client.ask('/write?name=blob3')).toBe('ok')
})

test('failing network calls refuse what a node dials, and not what it is asked', async ({ cluster }) => {
  const [node, other] = cluster.nodes
  const fault = await cluster.failNetwork(node, { effect: { type: 'refuse' }, port: other.plan.advertised.port })
  expect(await dial(node, other).catch(codeOf)).toBe('ECONNREFUSED')
  expect(await dial(other, node)).toBe('ok')
  await fault.heal()
  expect(fault.counts()).toMatchObject({ connectionsRefused: 1 })
  expect(await dial(node, other)).toBe('ok')
})

test('a rule that the node cannot follow opens no fault', async ({ bed, cluster }) => {
  const count = bed.run.faults.length
  const failing = cluster.failDisk(cluster.nodes[0], { operations: ['write'], effect: { type: 'fail', code: 'EWHAT' } })
  await expect(failing).rejects.toThrow(/\[FAULT_FAILED\]$/)
  expect(bed.run.faults).toHaveLength(count)
})

test.for([
  [3_600_000, 'clock of n1 +3600000 ms'],
  [-3_600_000, 'clock of n1 -3600000 ms'],
] as const)(
  'a skewed clock tells another time by %s ms, to that node only and until healed',
  async ([offsetMs, name], { cluster }) => {
    const [node, other] = cluster.nodes
    const skewMs = async ({ client } = node) => Number(await client.ask('/now')) - Date.now()
    const fault = await cluster.skewClock(node, offsetMs)
    expect(fault.name).toBe(name)
    expect(Math.abs((await skewMs()) - offsetMs)).toBeLessThan(60_000)
    expect(Math.abs(await skewMs(other))).toBeLessThan(60_000)
    await fault.tookEffect()
    await fault.heal()
    expect(fault.counts().readingsShifted).toBeGreaterThan(0)
    expect(Math.abs(await skewMs())).toBeLessThan(60_000)
  },
)

test('a fault that is asked to tells which files it failed', async ({ cluster }) => {
  const [node] = cluster.nodes
  const rule: DiskRule = {
    operations: ['openWrite'],
    pathIncludes: '/blob',
    every: 2,
    effect: { type: 'fail', code: 'EIO' },
  }
  const [telling, silent] = [{ ...rule, tellPaths: true }, rule]
  for (const [each, told] of [
    [telling, ['blob2', 'blob1']],
    [silent, []],
  ] as const) {
    const fault = await cluster.failDisk(node, each)
    for (const name of ['blob1', 'blob2', 'other', 'blob3', 'blob1']) {
      await node.client.ask(`/write?name=${name}`).catch(codeOf)
    }
    await fault.heal()
    expect(fault.counts().callsFailed).toBe(2)
    expect(fault.failedPaths().map((path) => basename(path))).toEqual(told)
  }
  const delay = { ...telling, effect: { type: 'delay', ms: 1 } } as const
  await expect(cluster.failDisk(node, delay)).rejects.toThrow(/tellPaths tells of calls that fail/)
})

test('the timers that a node has set are counted, and those that it cancelled are not', async ({ cluster }) => {
  const [node] = cluster.nodes
  const timers = async () => (await node.control.activeResources()).Timeout ?? 0
  const before = await timers()
  for (let set = 0; set < 3; set++) await node.client.ask('/timer?set')
  expect((await timers()) - before).toBe(3)
  await node.client.ask('/timer?cancel')
  expect((await timers()) - before).toBe(2)
  expect((await node.control.activeResources()).TCPServerWrap).toBeGreaterThan(0)
})

test('what a node keeps is told without its garbage', async ({ cluster }) => {
  const [node] = cluster.nodes
  const before = await node.control.retainedBytes()
  for (let turn = 0; turn < 20; turn++) await node.client.ask('/bytes?count=250000')
  expect(before).toBeGreaterThan(1_000_000)
  expect(Math.abs((await node.control.retainedBytes()) - before)).toBeLessThan(1_000_000)
})
