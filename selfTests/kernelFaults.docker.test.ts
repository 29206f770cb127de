/**
 * Guarantee  Faults below TCP, and limits of the kernel, do to a real cluster what they say, and are healed without a trace.
 * Method     Break a cluster of peers in containers; look at what the peers and the engine say.
 * Fault bit  Each test waits until its fault counts an effect.
 * Known bad  None: the harness is under test here, not the peer.
 */
import { randomBytes } from 'node:crypto'
import { awaitReading, budget, MiB, nowMs } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../fixtures/datasets/rows.ts'
import { peer } from '../fixtures/systems/peer/system.ts'

const convergence = budget('convergence after a kernel fault', 30_000, 'ms', 'TCP sends again after up to 13 s')
const sureMs = 10_000
const name = (reading: { name: string; connected: boolean }[]) =>
  reading.filter((each) => each.connected).map((each) => each.name)

test('KERNEL-1 packets that a firewall drops are counted, and the cluster converges once it is healed', async ({
  startCluster,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [a, b] = cluster.nodes
  {
    await using wall = await cluster.firewall(a, b)
    await a.client.insert('rows', rows(50))
    await wall.tookEffect()
    expect([wall.kind, wall.backend]).toEqual(['firewall', 'firewall'])
    expect(await b.client.count('rows'), 'nothing passes').toBe(0)
    await awaitReading({
      what: 'the peers to miss each other',
      budget: sureMs,
      probe: async () => name((await a.client.cluster()).peers),
      until: (connected) => connected.length === 0,
    })
  }
  await cluster.converged(convergence)
  expect(await b.client.count('rows')).toBe(50)

  await b.restart()
  {
    await using again = await cluster.firewall(a, b, { reject: true })
    await a.client.insert('rows', rows(5, { from: 50 }))
    await again.tookEffect()
  }
  await cluster.converged(convergence)
})

test('KERNEL-2 a one-way firewall stops what one node says, and the other is still heard', async ({ startCluster }) => {
  // Peers that miss their acknowledgements must not give each other up before the test has looked.
  const patient = { PEER_PEER_TIMEOUT_MS: '60000' }
  const cluster = await startCluster({ system: peer, nodes: 2, env: patient })
  const [a, b] = cluster.nodes
  {
    await using wall = await cluster.firewall(a, b, { oneWay: true })
    await a.client.insert('fromA', rows(5))
    await wall.tookEffect()
    await b.client.insert('fromB', rows(5))
    await awaitReading({
      what: 'the rows of the open way',
      budget: sureMs,
      probe: () => a.client.count('fromB'),
      until: (count) => count === 5,
    })
    expect(await b.client.count('fromA'), 'nothing passes the closed way').toBe(0)
  }
  await cluster.converged(convergence)
  expect(await b.client.count('fromA')).toBe(5)
})

test('KERNEL-3 lost packets slow replication down and lose no row', async ({ startCluster }) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [a, b] = cluster.nodes
  await using loss = await cluster.firewall(a, b, { lossRatio: 0.2 })
  for (let from = 0; from < 400; from += 20) await a.client.insert('rows', rows(20, { from }))
  await loss.tookEffect()
  await loss.heal()
  await cluster.converged(convergence)
  expect(await b.client.count('rows')).toBe(400)
})

test('KERNEL-4 a rate that is policed drops what comes faster', async ({ startCluster }) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [a, b] = cluster.nodes
  await using slow = await cluster.firewall(a, b, { bytesPerSecond: 50_000 })
  await a.client.insert('rows', rows(2_000))
  await slow.tookEffect()
  await slow.heal()
  await cluster.converged(convergence)
  expect(await b.client.count('rows')).toBe(2_000)
})

test('KERNEL-5 a node that is cut off by its firewall while it restarts stays cut off', async ({ startCluster }) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [a, b] = cluster.nodes
  {
    await using wall = await cluster.firewall(a, b)
    await b.restart()
    await a.client.insert('rows', rows(10))
    await wall.tookEffect()
    expect(await b.client.count('rows')).toBe(0)
  }
  await cluster.converged(convergence)
  expect(await b.client.count('rows')).toBe(10)
  await b.restart()
  await cluster.converged(convergence)
})

test('KERNEL-6 a disconnected node misses what is written meanwhile, and has it once it is connected', async ({
  startCluster,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 3 })
  const [a, b, c] = cluster.nodes
  {
    await using cable = await cluster.disconnect(c)
    await cable.tookEffect()
    await a.client.insert('rows', rows(20))
    await awaitReading({
      what: `${a.name} to miss ${c.name}`,
      budget: sureMs,
      probe: async () => name((await a.client.cluster()).peers),
      until: (connected) => connected.join() === b.name,
    })
  }
  await cluster.converged(convergence)
  expect(await c.client.count('rows')).toBe(20)
})

test('KERNEL-7 a delayed node says which of kernel and links delays it', async ({ startCluster }) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [a, b] = cluster.nodes
  await using late = await cluster.delayNode(a, { delayMs: 300 })
  expect([
    ['netem', 'netem'],
    ['slow', 'links'],
  ]).toContainEqual([late.kind, late.backend])
  const askedAt = nowMs()
  await a.client.insert('rows', rows(1))
  await awaitReading({
    what: 'the late row',
    budget: sureMs,
    probe: () => b.client.count('rows'),
    until: (count) => count === 1,
  })
  expect(nowMs() - askedAt).toBeGreaterThan(290)
  await late.tookEffect()
})

test('KERNEL-8 a node that outgrows its memory limit is said by name to have been killed for it', async ({ run }) => {
  const cluster = await run.startCluster({ system: peer, nodes: 1, memoryLimitBytes: 96 * MiB })
  const [node] = cluster.nodes
  // All at once: a node that creeps up to its limit spends a minute reading its own program back in.
  const writes = Array.from({ length: 12 }, (_, at) =>
    node.client.insert('rows', rows(2_000, { from: at * 2_000, payloadBytes: 8_000 })),
  )
  await Promise.allSettled(writes)
  expect(await node.life.exited).toMatchObject({ oomKilled: true, asked: false })
  expect(node.undeclared().map((error) => error.message)).toEqual([
    expect.stringContaining('n1 ended because the kernel killed it at its memory limit of 96.0 MiB'),
  ])
  node.mayExit()
})

test('KERNEL-9 a full disk is told to the client, and nothing that was refused is there', async ({ startCluster }) => {
  const cluster = await startCluster({ system: peer, nodes: 1, dataLimitBytes: 8 * MiB })
  const [node] = cluster.nodes
  let written = 0
  const refused = await (async () => {
    for (;;) {
      await node.client.insert('rows', rows(500, { from: written, payloadBytes: 1_000 }))
      written += 500
      if (written > 20_000) return undefined
    }
  })().catch((error: Error) => error)
  expect(refused, 'a write is refused before 20 MB are on a disk of 8').toBeInstanceOf(Error)
  expect(written).toBeGreaterThan(500)
  expect(node.running, 'the node serves on').toBe(true)
  expect(await node.client.count('rows')).toBe(written)
})

test('KERNEL-10 a disk that can only be read refuses new files until it is healed, and the log that is open goes on', async ({
  startCluster,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 2 })
  const [a, b] = cluster.nodes
  const content = randomBytes(100_000)
  {
    await using disk = await cluster.readOnlyDisk(a)
    await disk.tookEffect()
    await expect(a.client.putBlob('blob', content)).rejects.toMatchObject({ status: expect.any(Number) })
    await a.client.insert('rows', rows(10))
    expect(a.running, 'the node serves on').toBe(true)
  }
  await a.client.putBlob('blob', content)
  await cluster.converged(convergence)
  // Its row is there before its content.
  await awaitReading({
    what: `${b.name} to hold the content of the blob`,
    budget: convergence,
    probe: async () => (await b.client.blobs())[0]?.state,
    until: (state) => state === 'stored',
    open: () => b.log.path,
  })
  expect(await b.client.blob('blob')).toEqual(content)
  expect(await b.client.count('rows')).toBe(10)
})
