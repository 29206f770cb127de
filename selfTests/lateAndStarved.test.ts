import { awaitReading } from '@breakwater/harness'
import { expect } from 'vitest'
import { testOnCluster } from './guardBed.ts'

const test = testOnCluster(2)

test('a starved node is stopped again and again, answers all the same, and runs freely once healed', async ({
  cluster,
}) => {
  const [node] = cluster.nodes
  const starved = await cluster.starve(node, { cpuRatio: 0.2, periodMs: 50 })
  await starved.tookEffect()
  expect(await node.client.ask('/')).toBe('ok')
  await awaitReading({
    what: 'the node to be stopped five times',
    budget: 10_000,
    probe: () => starved.counts().stops ?? 0,
    until: (stops) => stops >= 5,
  })
  await starved.heal()
  const { stops = 0, stoppedMs = 0 } = starved.counts()
  expect(stoppedMs).toBeGreaterThanOrEqual(stops * 35)
  expect(await node.client.ask('/')).toBe('ok')
  expect(starved.counts().stops).toBe(stops)
})

test('starving lasts over a kill and leaves nothing stopped', async ({ cluster }) => {
  const [, node] = cluster.nodes
  const starved = await cluster.starve(node, { cpuRatio: 0.3 })
  await starved.tookEffect()
  await node.kill()
  await node.start()
  const before = starved.counts().stops ?? 0
  await awaitReading({
    what: 'the next life to be stopped too',
    budget: 10_000,
    probe: () => starved.counts().stops ?? 0,
    until: (stops) => stops > before,
  })
  await starved.heal()
  expect(await node.client.ask('/')).toBe('ok')
})

test('timers of a node come late and its answers do not', async ({ cluster }) => {
  const [node] = cluster.nodes
  const late = await cluster.delayTimers(node, { ms: 5_000, fromMs: 10 })
  const started = performance.now()
  expect(await node.client.ask('/')).toBe('ok')
  expect(performance.now() - started).toBeLessThan(4_000)
  await late.heal()
  late.mayDoNothing()
})

test('what could not do anything is refused', async ({ cluster }) => {
  const [node] = cluster.nodes
  await expect(cluster.starve(node, { cpuRatio: 1 })).rejects.toThrow('cpuRatio between 0 and 1')
  await expect(cluster.delayTimers(node, { ms: 0 })).rejects.toThrow('Timers are delayed by ms from 1')
  await expect(cluster.skewClock(node, { strobeMs: 0, everyMs: 5 })).rejects.toThrow('strobeMs, not 0')
})
