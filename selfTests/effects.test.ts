import { KiB } from '@breakwater/harness'
import { expect } from 'vitest'
import { dial, testOnCluster } from './guardBed.ts'

const test = testOnCluster(2)

const syncs = { operations: ['sync'], pathIncludes: '/log' } as const
/** Faults that nothing runs into: no byte goes between the nodes, no file is synced, nobody asks for the time. */
const idle = {
  partition: { how: 'hold' },
  'a partition that drops': { how: 'drop' },
} as const

test.for(Object.entries(idle))(
  '%s that no byte ran into has done nothing, healed or not',
  async ([, options], { cluster }) => {
    const [a, b] = cluster.nodes
    const fault = await cluster.partition(a, b, options)
    expect(fault.effects()).toBe(0)
    await fault.heal()
    expect(fault.effects()).toBe(0)
  },
)

test('faults of links that nothing ran into have done nothing', async ({ cluster }) => {
  const [a, b] = cluster.nodes
  for (const open of [
    () => cluster.isolate(a),
    () => cluster.slow(a, b, { delayMs: 5 }),
    () => cluster.slow(a, b, { bytesPerSecond: KiB }),
    () => cluster.slow(a, b, { closeDelayMs: 5 }),
    () => cluster.reset(a, b),
    () => cluster.silence(a, b),
  ]) {
    const fault = await open()
    await fault.heal()
    expect(fault.effects(), fault.name).toBe(0)
  }
})

test('a silence of connections that had nothing to say has done nothing, although it counts and resets them', async ({
  cluster,
}) => {
  const [a, b] = cluster.nodes
  await dial(a, b, { pooled: 'yes' })
  const fault = await cluster.silence(a, b)
  await fault.heal()
  expect(fault.counts().connectionsSilenced).toBeGreaterThan(0)
  expect(fault.effects()).toBe(0)
})

test('a delay of 0 ms has done nothing, whatever went through it', async ({ cluster }) => {
  const [a, b] = cluster.nodes
  const link = await cluster.slow(a, b, { delayMs: 0 })
  await dial(a, b)
  await link.heal()
  expect(link.counts().chunksDelayed).toBeGreaterThan(0)
  expect(link.effects()).toBe(0)
  const disk = await cluster.failDisk(a, { operations: ['openWrite'], effect: { type: 'delay', ms: 0 } })
  await a.client.ask('/write?name=file')
  await disk.heal()
  expect(disk.counts().callsDelayed).toBeGreaterThan(0)
  expect(disk.effects()).toBe(0)
})

test('faults inside a node that nothing ran into have done nothing', async ({ cluster }) => {
  const [a] = cluster.nodes
  for (const open of [
    () => cluster.failDisk(a, { ...syncs, effect: { type: 'fail', code: 'EIO' } }),
    () => cluster.failDisk(a, { ...syncs, effect: { type: 'hold' } }),
    () => cluster.failNetwork(a, { effect: { type: 'refuse' } }),
    () => cluster.skewClock(a, 60_000),
  ]) {
    const fault = await open()
    await a.client.call('/')
    await fault.heal()
    expect(fault.effects(), fault.name).toBe(0)
  }
})

test('a clock is not moved by nothing', async ({ cluster }) => {
  await expect(cluster.skewClock(cluster.nodes[0], 0)).rejects.toThrow(/not by 0\. \[BAD_USAGE\]$/)
})

test('a pause has had its effect when it is open: every thread was seen to stand still', async ({ cluster }) => {
  const [a] = cluster.nodes
  const fault = await cluster.pause(a)
  await fault.heal()
  expect(fault.effects()).toBe(1)
})

test('a kill has had its effect where there was something to kill', async ({ cluster }) => {
  const [, b] = cluster.nodes
  const fault = await cluster.kill(b)
  const second = await cluster.kill(b)
  await fault.heal()
  expect([fault.effects(), second.effects()]).toEqual([1, 0])
})

test('a guard asks its faults what they did, but for those that may do nothing', async ({ bed, cluster }) => {
  const [a, b] = cluster.nodes
  const before = new Set(bed.run.idleFaults().map(({ message }) => message))
  const cut = await cluster.partition(a, b, { oneWay: true })
  await cut.heal()
  const told = () => bed.run.idleFaults().filter(({ message }) => !before.has(message))
  expect(told().map(({ message }) => message)).toEqual([
    expect.stringMatching(/^The fault "partition n1 -> n2" did nothing \(.*\[INCONCLUSIVE\]$/),
  ])
  expect(cut.mustHaveEffect).toBe(true)
  expect(cut.mayDoNothing()).toBe(cut)
  expect(told()).toEqual([])
})
