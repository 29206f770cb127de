import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Node } from '@breakwater/harness'
import { expect, test } from 'vitest'
import { GuardBed } from './guardBed.ts'
import { type EchoClient, echo } from './samples/echo/system.ts'

const start = (bed: GuardBed) => bed.run.startCluster({ system: echo, nodes: 1, powerCuts: true })
const ask = (node: Node<EchoClient>, path: string, words: Record<string, string>) =>
  node.client.ask(`${path}?${new URLSearchParams(words)}`)

test('a cut of the power takes what was not synced, sooner or later, and never what was', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [node] = cluster.nodes
  const path = join(node.plan.dataFolder, 'log')
  await ask(node, '/append', { name: 'log', text: 'first;' })
  await ask(node, '/sync', { name: 'log' })
  await ask(node, '/sync', { name: '.' })
  let synced = 'first;'
  let lost = 0
  for (let at = 1; at <= 6; at++) {
    await ask(node, '/append', { name: 'log', text: `synced ${at};` })
    await ask(node, '/sync', { name: 'log' })
    await ask(node, '/append', { name: 'log', text: `unsynced ${at};` })
    const cut = await cluster.powerCut(node)
    expect(cut.counts()).toMatchObject({ killed: 1, changesUnsynced: 1 })
    lost += cut.counts().changesLost ?? 0
    const left = readFileSync(path, 'utf8')
    expect(left.startsWith(`${synced}synced ${at};`)).toBe(true)
    expect(`${synced}synced ${at};unsynced ${at};`.startsWith(left)).toBe(true)
    // From now on it is what the disk holds.
    synced = left
    await cut.heal()
    expect(await node.client.call('/')).toBe(200)
  }
  expect(lost).toBeGreaterThan(0)
})

test('a file whose name was never synced may be gone with all that was synced in it', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [node] = cluster.nodes
  const gone = new Set<boolean>()
  for (let at = 1; at <= 20 && gone.size < 2; at++) {
    const name = `file-${at}`
    await ask(node, '/write', { name })
    await ask(node, '/sync', { name })
    const cut = await cluster.powerCut(node)
    gone.add(!existsSync(join(node.plan.dataFolder, name)))
    await cut.heal()
  }
  expect(gone).toEqual(new Set([true, false]))
})

test('a kill, by contrast, takes nothing that the kernel holds', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [node] = cluster.nodes
  await ask(node, '/append', { name: 'log', text: 'unsynced' })
  const kill = await cluster.kill(node)
  expect(readFileSync(join(node.plan.dataFolder, 'log'), 'utf8')).toBe('unsynced')
  await kill.heal()
})

test.each([1, 3])(
  'what a killed life left unsynced is there for %i more, and a cut of the power takes it still',
  async (lives) => {
    await using bed = new GuardBed()
    const cluster = await start(bed)
    const [node] = cluster.nodes
    const read = () => readFileSync(join(node.plan.dataFolder, 'log'), 'utf8')
    let synced = ''
    let lost = 0
    for (let at = 1; at <= 8; at++) {
      await ask(node, '/append', { name: 'log', text: `synced ${at};` })
      for (const name of ['log', '.']) await ask(node, '/sync', { name })
      synced += `synced ${at};`
      await ask(node, '/append', { name: 'log', text: `unsynced ${at};` })
      for (let life = 1; life <= lives; life++) await (await cluster.kill(node)).heal()
      expect(read()).toBe(`${synced}unsynced ${at};`)
      const cut = await cluster.powerCut(node)
      expect(cut.counts()).toMatchObject({ killed: 1, changesUnsynced: 1 })
      lost += cut.counts().changesLost ?? 0
      synced = read()
      await cut.heal()
    }
    expect(lost).toBeGreaterThan(0)
  },
)

test('a stop, too, leaves things unsynced, and a later life that syncs a file keeps it', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [node] = cluster.nodes
  for (const name of ['kept', 'lost']) {
    await ask(node, '/append', { name, text: 'unsynced' })
    await ask(node, '/sync', { name: '.' })
  }
  await node.stop()
  await node.start()
  await ask(node, '/sync', { name: 'kept' })
  const cut = await cluster.powerCut(node)
  expect(cut.counts()).toMatchObject({ changesUnsynced: 1 })
  expect(readFileSync(join(node.plan.dataFolder, 'kept'), 'utf8')).toBe('unsynced')
})

test('the power of a node that is down takes what it left unsynced, and nothing once more', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [node] = cluster.nodes
  await ask(node, '/append', { name: 'log', text: 'unsynced' })
  await cluster.kill(node)
  const cut = await cluster.powerCut(node)
  expect(cut.counts()).toMatchObject({ killed: 0, changesUnsynced: 2 })
  expect(cut.effects()).toBe(2)
  const another = await cluster.powerCut(node)
  expect([another.counts(), another.effects()]).toEqual([{ killed: 0 }, 0])
  await another.heal()
})

test('a cluster that does not journal refuses a cut of the power, and says what to do', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  await expect(cluster.powerCut(cluster.nodes[0])).rejects.toThrow(
    /start its cluster with powerCuts: true\. \[BAD_USAGE\]$/,
  )
})

test('a node that changes its disk unseen has no truthful cut of its power', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [node] = cluster.nodes
  await ask(node, '/write', { name: 'one' })
  await ask(node, '/copy', { from: 'one', to: 'two' })
  await expect(cluster.powerCut(node)).rejects.toThrow(/cannot be cut truthfully.*copyFile.*\[FAULT_FAILED\]$/)
})

test('what a system declares to leave nothing that a restart relies on does not stand in the way of a cut', async () => {
  await using bed = new GuardBed()
  const system = { ...echo, harmlessBlindSpots: /copyFile/ }
  const cluster = await bed.run.startCluster({ system, nodes: 1, powerCuts: true })
  const [node] = cluster.nodes
  await ask(node, '/append', { name: 'one', text: 'unsynced' })
  await ask(node, '/copy', { from: 'one', to: 'two' })
  const cut = await cluster.powerCut(node)
  expect(cut.counts()).toMatchObject({ killed: 1 })
  expect(cut.counts().changesUnsynced).toBeGreaterThan(0)
  await cut.heal()
})

test('a system without the preload has no truthful cut of its power either', async () => {
  await using bed = new GuardBed()
  const bare = {
    ...echo,
    process: (plan: Parameters<typeof echo.process>[0]) => ({ ...echo.process(plan), preloads: [] }),
  }
  const cluster = await bed.run.startCluster({ system: bare, nodes: 1, powerCuts: true })
  await expect(cluster.powerCut(cluster.nodes[0])).rejects.toThrow(/left no disk journal.*\[FAULT_FAILED\]$/)
  await cluster.nodes[0].start()
})
