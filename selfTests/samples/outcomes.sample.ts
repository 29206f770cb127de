/**
 * Guarantee  None: these are the endings that a guard can have, for the self tests to look at from outside.
 * Method     One test for each ending.
 * Fault bit  See each test.
 * Known bad  None.
 */
import { existsSync } from 'node:fs'
import { awaitReading } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rejectBlobSaves } from '../../integrationTests/containment/blobSaveRejection.ts'
import { echo } from './echo/system.ts'

test('SAMPLE-1 a guard that passes', async ({ startCluster }) => {
  const cluster = await startCluster({ system: echo, nodes: 2 })
  expect(await cluster.nodes[0].client.call('/'), 'it answers').toBe(200)
})

test('SAMPLE-2 a guard that fails', async ({ startCluster }) => {
  const cluster = await startCluster({ system: echo, nodes: 2 })
  expect(await cluster.nodes[1].client.call('/'), 'n2 answers with a teapot').toBe(418)
})

test('SAMPLE-3 a guard whose fault cannot fire', async ({ run }) => {
  await rejectBlobSaves(run, { blobCount: 30, bytesEach: 7_500, every: 7, afterMs: [0] })
})

test('SAMPLE-4 a node that ends by itself', async ({ startCluster }) => {
  const cluster = await startCluster({ system: echo, nodes: 1 })
  await cluster.nodes[0].client.call('/exit')
  await cluster.nodes[0].life.exited
})

test('SAMPLE-5 a rejection that the program swallows', async ({ startCluster }) => {
  const cluster = await startCluster({ system: echo, nodes: 1 })
  const [node] = cluster.nodes
  await node.client.call('/throw')
  await awaitReading({
    what: 'the preload to report the rejection',
    budget: 5_000,
    probe: () => node.uncaughtErrors().length,
    until: (count) => count > 0,
  })
})

test('SAMPLE-6 a guard that goes on until somebody ends it', async ({ startCluster }) => {
  const cluster = await startCluster({ system: echo, nodes: 3 })
  await awaitReading({
    what: 'a file that never comes',
    budget: 100_000,
    probe: () => existsSync(`${cluster.workFolder}/never`),
    until: (there) => there,
    everyMs: 200,
  })
})

test('SAMPLE-7 an end and an error that were declared', async ({ startCluster }) => {
  const cluster = await startCluster({ system: echo, nodes: 1 })
  const [node] = cluster.nodes
  node.mayExit()
  node.mayThrow(/nobody caught this/)
  await node.client.call('/throw')
  await node.client.call('/exit')
  await node.life.exited
  expect(node.life.exit?.code, 'it ended as declared').toBe(7)
})

test('SAMPLE-8 a cluster that never becomes ready', async ({ startCluster }) => {
  await startCluster({ system: { ...echo, ready: async () => false }, nodes: 1, startBudgetMs: 500 })
})

test('SAMPLE-9 a partition that no byte ran into', async ({ startCluster }) => {
  const cluster = await startCluster({ system: echo, nodes: 2 })
  const [a, b] = cluster.nodes
  await using cut = await cluster.partition(a, b)
  expect(cut, 'the cut was felt').toHaveFired()
})

test('SAMPLE-10 a guard that needs what plain processes cannot do', async ({ requires }) => {
  await requires('kernelMemoryLimit')
  expect.unreachable('the guard went on although the runtime lacks what it requires')
})

test('SAMPLE-11 a process that a node leaves behind', async ({ startCluster }) => {
  const cluster = await startCluster({ system: echo, nodes: 1 })
  const [node] = cluster.nodes
  node.mayExit()
  await node.client.call('/child')
  await node.client.call('/exit')
  await node.life.exited
})

test('SAMPLE-12 a guard that measures, and fails when it is told to', async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: echo, nodes: 1 })
  await cluster.nodes[0].client.call('/')
  run.report('answers', run.history.acknowledged().length, 'operations', 10)
  expect(process.env.SAMPLE_FAILS ?? '', 'it was told to fail').toBe('')
})

test('SAMPLE-13 a guard whose process hears of nothing', async ({ startCluster }) => {
  await startCluster({ system: echo, nodes: 1 })
  for (;;) existsSync('/')
})

test('SAMPLE-14 a fault that did nothing, and nobody asked', async ({ startCluster }) => {
  const cluster = await startCluster({ system: echo, nodes: 2 })
  const [a, b] = cluster.nodes
  await using _cut = await cluster.partition(a, b)
  expect(await a.client.call('/'), 'it answers').toBe(200)
})

test('SAMPLE-15 a fault that may do nothing', async ({ startCluster }) => {
  const cluster = await startCluster({ system: echo, nodes: 2 })
  const [a, b] = cluster.nodes
  await using cut = (await cluster.partition(a, b)).mayDoNothing()
  expect(await a.client.call('/'), 'it answers').toBe(200)
  expect(cut, 'nothing was to be cut').not.toHaveFired()
})

test('SAMPLE-16 a failure beside a fault that did nothing', async ({ startCluster }) => {
  const cluster = await startCluster({ system: echo, nodes: 2 })
  const [a] = cluster.nodes
  await cluster.skewClock(a, 60_000)
  expect(await a.client.call('/'), 'it answers with a teapot').toBe(418)
})

test('SAMPLE-17 a wait in vain while the host stalls', async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: echo, nodes: 1 })
  const { pid } = await run.host()
  // To the canary this is a host on which nothing runs.
  process.kill(pid as number, 'SIGSTOP')
  setTimeout(() => process.kill(pid as number, 'SIGCONT'), 1_400)
  await awaitReading({
    what: 'an answer that never comes',
    budget: 1_600,
    probe: () => cluster.nodes[0].client.call('/'),
    until: (status) => status === 418,
  })
})
