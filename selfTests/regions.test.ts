import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awaitReading, nowMs } from '@breakwater/harness'
import { expect, onTestFinished, test } from 'vitest'
import { type Kept, keepCluster, keptFolder } from '../harness/src/run/keep.ts'
import { dial, GuardBed } from './guardBed.ts'
import { echo } from './samples/echo/system.ts'

const far = { system: echo, regions: ['eu', 'us'], interRegion: { delayMs: 60 } } as const

async function tookMs(work: Promise<unknown>): Promise<number> {
  const startedAt = nowMs()
  await work
  return nowMs() - startedAt
}

test('bytes between regions are late both ways, bytes within a region and from the test are not', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.run.startCluster({ ...far, nodes: 3 })
  const [a, b, c] = cluster.nodes
  expect(cluster.nodes.map(({ region }) => region)).toEqual(['eu', 'us', 'eu'])
  expect(cluster.regions?.linkCount).toBe(4)
  await dial(a, c)
  await dial(c, a)
  await b.client.ask('/now')
  expect(cluster.regions?.counts()).toEqual({ chunksDelayed: 0, delayAddedMs: 0 })
  expect(await tookMs(dial(a, b))).toBeGreaterThanOrEqual(119)
  expect(await tookMs(dial(b, c))).toBeGreaterThanOrEqual(119)
  expect(cluster.regions?.counts().chunksDelayed).toBeGreaterThanOrEqual(4)
})

test('a fault on a link between regions works beside its line, which stays when the fault is healed', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.run.startCluster({ ...far, nodes: 2 })
  const [a, b] = cluster.nodes
  {
    await using slow = await cluster.slow(a, b, { delayMs: 60 })
    expect(await tookMs(dial(a, b))).toBeGreaterThanOrEqual(239)
    expect(slow.counts().delayAddedMs).toBe(60 * Number(slow.counts().chunksDelayed))
  }
  {
    await using cut = await cluster.partition(a, b)
    const answer = dial(a, b)
    await cut.tookEffect()
    await cut.heal()
    expect(await answer).toBe('ok')
  }
  const reset = await cluster.reset(a, b)
  expect(await dial(a, b).catch((error: Error) => error.message)).toBe('ECONNRESET')
  await reset.heal()
  expect(await tookMs(dial(a, b))).toBeGreaterThanOrEqual(119)
})

test('guard.json tells where the nodes lived and what the lines delayed, and lists no fault for it', async () => {
  const bed = new GuardBed()
  onTestFinished(() => rmSync(bed.folder, { recursive: true, force: true }))
  const interRegion = { delayMs: 20, jitterMs: 5 }
  const cluster = await bed.run.startCluster({ system: echo, nodes: 2, regions: ['eu', 'us'], interRegion })
  await dial(...cluster.nodes)
  expect(await bed.close()).toEqual([])
  const { regions, faults } = bed.saved()
  expect(faults).toEqual([])
  expect(regions).toEqual([
    {
      nodes: { n1: 'eu', n2: 'us' },
      interRegion,
      counts: { chunksDelayed: expect.any(Number), delayAddedMs: expect.any(Number) },
    },
  ])
  const { chunksDelayed = 0, delayAddedMs = 0 } = regions?.[0]?.counts ?? {}
  expect(delayAddedMs / chunksDelayed).toBeGreaterThanOrEqual(15)
  expect(delayAddedMs / chunksDelayed).toBeLessThanOrEqual(25)
  expect(delayAddedMs / chunksDelayed, 'jitter was drawn').not.toBe(20)
  const notes = bed.run.history.events.map(({ what }) => what)
  expect(notes).toContain('regions: n1 eu, n2 us; 20 ms give or take 5 ms between regions, each way')
})

test('a cluster without regions says nothing of them', async () => {
  const bed = new GuardBed()
  onTestFinished(() => rmSync(bed.folder, { recursive: true, force: true }))
  const cluster = await bed.start(1)
  expect(cluster.nodes[0].region).toBeUndefined()
  expect(await bed.close()).toEqual([])
  expect(bed.saved()).not.toHaveProperty('regions')
})

test('the regions of a kept cluster stay as far apart as they were', async () => {
  const before = process.cwd()
  const own = mkdtempSync(join(tmpdir(), 'breakwater-self-regions-'))
  process.chdir(own)
  const bed = new GuardBed()
  const cluster = await bed.run.startCluster({ ...far, nodes: 2 })
  const [a, b] = cluster.nodes
  await keepCluster(bed.run)
  const [file] = readdirSync(keptFolder)
  const kept = JSON.parse(readFileSync(join(keptFolder, file as string), 'utf8')) as Kept
  onTestFinished(() => {
    for (const { groupId } of kept.groups) process.kill(-groupId, 'SIGKILL')
    process.chdir(before)
    for (const folder of [own, bed.folder, cluster.workFolder]) rmSync(folder, { recursive: true, force: true })
  })
  await bed.run.close({ keep: true })
  await (await bed.run.runtime()).close()
  expect(kept.clusters[0]?.regions).toEqual({ nodes: { n1: 'eu', n2: 'us' }, interRegion: { delayMs: 60 } })
  const { host, port } = b.plan.advertised
  const ask = async () => {
    const answer = await fetch(
      `http://${a.plan.reach.host}:${a.plan.reach.port}/dial?${new URLSearchParams({ host, port: String(port) })}`,
    )
    return answer.text()
  }
  await awaitReading({
    what: 'n1 to reach n2 through the door that the keeper holds',
    budget: 10_000,
    probe: ask,
    until: (answer) => answer === 'ok',
  })
  expect(await tookMs(ask())).toBeGreaterThanOrEqual(119)
})
