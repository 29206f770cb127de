import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awaitReading } from '@breakwater/harness'
import { expect, onTestFinished, test } from 'vitest'
import { readEntry } from '../harness/src/probe/processTable.ts'
import { type Kept, keepCluster, keptFolder } from '../harness/src/run/keep.ts'
import { GuardBed } from './guardBed.ts'

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

test('a kept cluster outlives its guard, links and all, and what is needed to end it is written down', async () => {
  inOwnFolder()
  const bed = new GuardBed()
  onTestFinished(() => rmSync(bed.folder, { recursive: true, force: true }))
  const cluster = await bed.start(3)
  const [a, b, dead] = cluster.nodes
  await cluster.kill(dead)
  await cluster.partition(a, b)
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
    rmSync(cluster.workFolder, { recursive: true, force: true })
  })
  expect(await bed.run.close({ keep: true })).toEqual([])
  await (await bed.run.runtime()).close()

  expect(kept).toMatchObject({ guard: 'SELF-1', containers: [], folders: [cluster.workFolder] })
  expect(kept.groups.slice(0, 2)).toEqual(
    [a, b].map(({ life }) => ({ groupId: life.pid, startTicks: readEntry(life.pid)?.startTicks })),
  )
  // The third is the keeper, which holds the doors open.
  expect(kept.groups).toHaveLength(3)
  expect(kept.doors.map(({ name }) => name)).toEqual(['n1', 'n2', 'n3'])
  for (const { plan, life } of [a, b]) {
    expect(told).toContain(`http://${plan.reach.host}:${plan.reach.port}  pid ${life.pid}`)
  }
  expect(told).not.toContain('n3')
  const reach = `http://${a.plan.reach.host}:${a.plan.reach.port}`
  expect((await fetch(reach)).status).toBe(200)
  const door = { host: b.plan.advertised.host, port: String(b.plan.advertised.port) }
  await awaitReading({
    what: 'n1 to reach n2 through the door that the keeper holds',
    budget: 10_000,
    probe: async () => (await fetch(`${reach}/dial?${new URLSearchParams(door)}`)).text(),
    until: (answer) => answer === 'ok',
  })
})
