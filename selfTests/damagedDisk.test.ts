import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Node } from '@breakwater/harness'
import { expect, test } from 'vitest'
import { GuardBed } from './guardBed.ts'
import { type EchoClient, echo } from './samples/echo/system.ts'

const start = (bed: GuardBed, powerCuts = true) => bed.run.startCluster({ system: echo, nodes: 1, powerCuts })
const ask = (node: Node<EchoClient>, path: string, words: Record<string, string>) =>
  node.client.ask(`${path}?${new URLSearchParams(words)}`)

test('a bit turns in a file of a node, is counted, and turns back with the heal', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [node] = cluster.nodes
  const path = join(node.plan.dataFolder, 'log')
  writeFileSync(path, 'x'.repeat(100))
  const before = readFileSync(path)
  const flip = await cluster.damageFile(node, { how: 'bitFlip', pathPattern: '^log$' })
  expect(flip.counts()).toEqual({ bitsFlipped: 1 })
  expect(flip.name).toMatch(/^bitFlip in log of n1 at byte \d+$/)
  const changed = [...readFileSync(path)].filter((byte, at) => byte !== before[at])
  expect(changed.length).toBe(1)
  await flip.heal()
  expect(readFileSync(path)).toEqual(before)
  for (const how of ['garbage', 'zeros'] as const) {
    const damage = await cluster.damageFile(node, { how, bytes: 30, pathPattern: '^log$' })
    expect(damage.counts().bytesDamaged).toBeGreaterThan(20)
    await damage.heal()
    expect(readFileSync(path)).toEqual(before)
  }
})

test('the heal leaves alone what the node has written since, and a file that has gone', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [node] = cluster.nodes
  const path = join(node.plan.dataFolder, 'log')
  writeFileSync(path, 'xxxx')
  const damage = await cluster.damageFile(node, { how: 'zeros', bytes: 4, pathPattern: '^log$' })
  writeFileSync(path, 'yy')
  await damage.heal()
  expect(readFileSync(path, 'utf8')).toBe('yy')
  const gone = await cluster.damageFile(node, { how: 'zeros', bytes: 4, pathPattern: '^log$' })
  rmSync(path)
  await gone.heal()
})

test('a node without such a file is told apart, with what to do', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [node] = cluster.nodes
  await expect(cluster.damageFile(node, { how: 'bitFlip', pathPattern: '\\.wal$' })).rejects.toThrow(
    /n1 has no file that matches .*write something first.*\[BAD_USAGE\]/,
  )
})

test('a sync that drops what was dirty fails once; later ones promise nothing for what it dropped', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [node] = cluster.nodes
  const path = join(node.plan.dataFolder, 'log')
  await ask(node, '/append', { name: 'log', text: 'kept;' })
  for (const name of ['log', '.']) await ask(node, '/sync', { name })
  const fault = await cluster.failDisk(node, { operations: ['sync'], effect: { type: 'dropDirty' }, limit: 1 })
  // With nothing dirty the kernel has nothing that could fail.
  await ask(node, '/sync', { name: 'log' })
  expect(fault.effects()).toBe(0)
  await ask(node, '/append', { name: 'log', text: 'dropped;' })
  await expect(ask(node, '/sync', { name: 'log' })).rejects.toThrow('EIO')
  await fault.tookEffect()
  expect(fault.counts()).toMatchObject({ callsFailed: 1, changesDropped: 1 })
  // It can be read, and the next sync says that all is well.
  expect(readFileSync(path, 'utf8')).toBe('kept;dropped;')
  await ask(node, '/append', { name: 'log', text: 'later;' })
  await ask(node, '/sync', { name: 'log' })
  await fault.heal()
  await (await cluster.kill(node)).heal()
  expect(readFileSync(path, 'utf8')).toBe('kept;dropped;later;')
  await ask(node, '/sync', { name: 'log' })
  const cut = await cluster.powerCut(node)
  expect(cut.counts().changesLost).toBe(1)
  expect(readFileSync(path, 'utf8')).toBe(`kept;${'\0'.repeat('dropped;'.length)}later;`)
  await cut.heal()
})

test('what a failed sync drops is known only where the disk is journaled', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed, false)
  const [node] = cluster.nodes
  await expect(cluster.failDisk(node, { operations: ['sync'], effect: { type: 'dropDirty' } })).rejects.toThrow(
    /start its cluster with powerCuts: true.*\[BAD_USAGE\]/,
  )
})

test('a torn write ends in zeros, or in garbage, where the file had grown', async () => {
  await using bed = new GuardBed()
  const cluster = await start(bed)
  const [node] = cluster.nodes
  const names = Array.from({ length: 8 }, (_, at) => `file-${at}`)
  const text = 'x'.repeat(50)
  for (const name of names) {
    await ask(node, '/append', { name, text: 'synced;' })
    await ask(node, '/sync', { name })
  }
  await ask(node, '/sync', { name: '.' })
  for (const torn of ['zeros', 'garbage'] as const) {
    const whole = new Map(names.map((name) => [name, readFileSync(join(node.plan.dataFolder, name))]))
    let tornCount = 0
    for (let at = 1; at <= 10 && tornCount === 0; at++) {
      for (const name of names) {
        writeFileSync(join(node.plan.dataFolder, name), whole.get(name) ?? '')
        await ask(node, '/append', { name, text })
      }
      const cut = await cluster.powerCut(node, { torn })
      const tails = names.map((name) => {
        const left = readFileSync(join(node.plan.dataFolder, name))
        return left.subarray(whole.get(name)?.length).toString('latin1')
      })
      tornCount = cut.counts().writesTorn ?? 0
      const filled = tails.filter((tail) => tail !== '' && tail !== text)
      expect(filled.length).toBe(tornCount)
      for (const tail of filled) {
        expect(tail.length).toBe(text.length)
        if (torn === 'zeros') expect(tail).toMatch(/^x+\0+$/)
        else expect(tail).toMatch(/^x/)
      }
      await cut.heal()
    }
    expect(tornCount, torn).toBeGreaterThan(0)
  }
})
