import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awaitReading, type Node } from '@breakwater/harness'
import { expect, onTestFinished, test } from 'vitest'
import { readEntry } from '../harness/src/probe/processTable.ts'
import { type Kept, keepCluster, keptFolder } from '../harness/src/run/keep.ts'
import { GuardBed } from './guardBed.ts'
import type { EchoClient } from './samples/echo/system.ts'

/** What is kept is written below the working folder; another test looks into the one of the repository. */
function inOwnFolder(): void {
  const before = process.cwd()
  const own = mkdtempSync(join(tmpdir(), 'breakwater-self-kept-'))
  process.chdir(own)
  onTestFinished(() => {
    process.chdir(before)
    rmSync(own, { recursive: true, force: true })
  })
}

const isAlive = (pid: number) => !['Z', undefined].includes(readEntry(pid)?.state)

interface KeptBed {
  told: string
  kept: Kept
  /** Both nodes may be of any cluster of the bed: asks one to reach the other through its door. */
  reaches(from: Node<EchoClient>, to: Node<EchoClient>): Promise<void>
}

/** Keeps what the bed has started, ends the guard as the vitest door does, and ends all that was kept after the test. */
async function keep(bed: GuardBed): Promise<KeptBed> {
  const told = await keepCluster(bed.run)
  const [file] = readdirSync(keptFolder)
  const kept = JSON.parse(readFileSync(join(keptFolder, file as string), 'utf8')) as Kept
  onTestFinished(async () => {
    for (const { groupId } of kept.groups) if (isAlive(groupId)) process.kill(-groupId, 'SIGKILL')
    await awaitReading({
      what: 'the kept processes to be gone',
      budget: 5_000,
      probe: () => kept.groups.filter(({ groupId }) => isAlive(groupId)).length,
      until: (count) => count === 0,
    })
    for (const folder of [bed.folder, ...kept.folders]) rmSync(folder, { recursive: true, force: true })
  })
  expect(await bed.run.close({ keep: true })).toEqual([])
  await (await bed.run.runtime()).close()
  return {
    told,
    kept,
    async reaches({ plan: { reach } }, { plan: { advertised } }) {
      const door = { host: advertised.host, port: String(advertised.port) }
      const answer = await fetch(`http://${reach.host}:${reach.port}/dial?${new URLSearchParams(door)}`)
      expect(await answer.text()).toBe('ok')
    },
  }
}

test('a kept cluster outlives its guard, links and all, and what is needed to end it is written down', async () => {
  inOwnFolder()
  const bed = new GuardBed()
  const cluster = await bed.start(3)
  const [a, b, dead] = cluster.nodes
  await cluster.kill(dead)
  await cluster.partition(a, b)
  const { told, kept, reaches } = await keep(bed)

  expect(kept).toMatchObject({ guard: 'SELF-1', containers: [], folders: [cluster.workFolder] })
  expect(kept.groups.slice(0, 2)).toEqual(
    [a, b].map(({ life }) => ({ groupId: life.pid, startTicks: readEntry(life.pid)?.startTicks })),
  )
  // The third is the keeper, which holds the doors open.
  expect(kept.groups).toHaveLength(3)
  expect(kept.clusters.map(({ doors }) => doors.map(({ name }) => name))).toEqual([['n1', 'n2', 'n3']])
  expect(told).toMatch(/^SELF-1 is kept up, its links free of faults:\n {2}partition n1 \| n2: healed\n/)
  for (const { plan, life } of [a, b]) {
    expect(told).toContain(`http://${plan.reach.host}:${plan.reach.port}  pid ${life.pid}`)
  }
  expect(told).not.toContain('n3')
  await reaches(a, b)
})

test('nodes that stood still run on when they are kept, whoever paused them', async () => {
  inOwnFolder()
  const bed = new GuardBed()
  const cluster = await bed.start(2)
  const [a, b] = cluster.nodes
  await cluster.pause(a)
  await b.pause()
  const { told, reaches } = await keep(bed)
  expect(told).toContain('  pause n1: healed\n')
  await reaches(a, b)
  await reaches(b, a)
})

test('of several clusters each that still runs is kept, with links of its own', async () => {
  inOwnFolder()
  const bed = new GuardBed()
  const over = await bed.start(1)
  await over.close()
  const clusters = [await bed.start(2), await bed.start(2)]
  const { kept, reaches } = await keep(bed)
  expect(kept.clusters.map(({ doors }) => doors)).toEqual(clusters.map(({ doors }) => doors))
  for (const cluster of clusters) await reaches(cluster.node(0), cluster.node(1))
})

test('a keeper that cannot open the doors is told about', async () => {
  inOwnFolder()
  const bed = new GuardBed()
  const cluster = await bed.start(2)
  const [a] = cluster.nodes
  const { abandon } = cluster
  let taken: Server | undefined
  cluster.abandon = async () => {
    await abandon.call(cluster)
    taken = createServer().listen(a.plan.advertised.port, a.plan.advertised.host)
    await once(taken, 'listening')
  }
  onTestFinished(() => void taken?.close())
  const { told } = await keep(bed)
  expect(told).toMatch(
    /^SELF-1 is kept up, without links between its nodes, because its keeper ended with exit code 1:/,
  )
})
