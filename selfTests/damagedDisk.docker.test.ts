/**
 * Guarantee  Disks lie to nodes in containers as they do to processes: a bit turns, a failed sync drops what was dirty, a write is torn.
 * Method     A peer in a container; look at what it says.
 * Fault bit  Each fault counts what it did.
 * Known bad  None: the harness is under test here, not the peer.
 */
import { awaitReading } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { peer } from '../fixtures/systems/peer/system.ts'

test('DISK-1 a container does not start on a file that was garbled, and starts once it is put back', async ({
  startCluster,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 1, powerCuts: true })
  const [node] = cluster.nodes
  node.mayExit()
  await node.client.put('rows', 'first', 1)
  await node.client.put('rows', 'second', 2)
  await node.client.compact()
  await node.kill()
  const damage = await cluster.damageFile(node, { how: 'garbage', bytes: 60, pathPattern: '\\.base$' })
  expect(damage.counts().bytesDamaged).toBeGreaterThan(30)
  await expect(node.start()).rejects.toThrow(/is damaged at offset/)
  await damage.heal()
  await node.start()
  expect(await node.client.get('rows', 'second')).toBe(2)
})

test('DISK-2 in a container, too, a failed sync drops what was dirty, and a cut of the power tears', async ({
  startCluster,
}) => {
  const cluster = await startCluster({ system: peer, nodes: 1, powerCuts: true })
  const [node] = cluster.nodes
  await node.client.put('rows', 'first', 1)
  const rule = { operations: ['sync'], effect: { type: 'dropDirty' }, limit: 1 } as const
  const failing = await cluster.failDisk(node, { ...rule, pathIncludes: '/log/' })
  await expect(node.client.put('rows', 'second', 2)).rejects.toThrow()
  await awaitReading({
    what: 'the failed sync to be counted',
    budget: 5_000,
    probe: () => failing.counts(),
    until: ({ callsFailed, changesDropped = 0 }) => callsFailed === 1 && changesDropped > 0,
    open: () => node.log.path,
  })
  await failing.heal()
  const cut = await cluster.powerCut(node, { torn: 'garbage' })
  expect(cut.counts()).toMatchObject({ killed: 1 })
  expect(cut.counts().changesLost).toBeGreaterThan(0)
  await cut.heal()
  expect(await node.client.get('rows', 'first')).toBe(1)
  await expect(node.client.put('rows', 'third', 3)).resolves.toBeDefined()
})
