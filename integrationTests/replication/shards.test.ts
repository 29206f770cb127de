/**
 * Guarantee  Every key belongs to one shard, whichever node is asked; a shard's log lies in files named for it; and a node
 *            that holds no replica of a shard has nothing of it.
 * Method     Four nodes, three shards of three replicas each. Write keys with unmistakable values, each through two nodes,
 *            so that every pair comes up, read them through both, then read every file that the nodes have.
 * Fault bit  Every value is found on the disk of each node that must have it, by the same search.
 * Known bad  replicates-to-all (a shard is replicated to every node that holds any replica).
 */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { awaitReading, Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { peerWith } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'
import { expectOneLeaderPerTerm, type PeerNode, replicasEqual, statusOf } from './leaderShard.ts'

const table = 'routed'
const keyCount = 48
const shards = [
  { name: 'north', replicas: ['n1', 'n2', 'n3'] },
  { name: 'east', replicas: ['n2', 'n3', 'n4'] },
  { name: 'south', replicas: ['n1', 'n3', 'n4'] },
]

test('REPL-7 keys route to their shard, and a node without a replica never receives it', { tags: ['gate'] }, async ({
  startCluster,
  run,
  seed,
}) => {
  const cluster = await startCluster({ system: peerWith({ shards }), nodes: 4 })
  const { nodes } = cluster
  const holders = ({ replicas }: (typeof shards)[number]) => nodes.filter((node) => replicas.includes(node.name))
  for (const shard of shards) await led(holders(shard), shard.name)

  const shardOfKey = new Map<string, string>()
  const random = seed.stream('values')
  const values = new Map<string, string>()
  for (let at = 0; at < keyCount; at++) {
    const key = `key-${at}`
    const value = `value-${random.bytes(12).toString('hex')}`
    values.set(key, value)
    // Two nodes for each key, so that all pairs of them come up.
    const asked = [at, at + 1 + (Math.floor(at / nodes.length) % (nodes.length - 1))].map(
      (turn) => nodes[turn % nodes.length] as PeerNode,
    )
    const answers = new Set<string>()
    for (const node of asked) answers.add((await node.client.leaderPut(table, key, value)).shard)
    expect([...answers], 'a key belongs to one shard, whoever is asked').toHaveLength(1)
    shardOfKey.set(key, [...answers][0] as string)
    for (const node of asked) expect(await node.client.leaderGet(table, key), 'a key is read back').toBe(value)
  }
  expect(run.check('linearizable', { model: 'kv', table }), 'writes and reads have one order').toBeValid()

  for (const shard of shards) {
    await replicasEqual(holders(shard), shard.name)
    const keys = [...shardOfKey].filter(([, name]) => name === shard.name).map(([key]) => key)
    run.report(`keys of ${shard.name}`, keys.length, 'rows')
    if (keys.length < keyCount / 10) throw new Inconclusive(`Only ${keys.length} keys belong to ${shard.name}.`)
    const keysOnDisk = (files: ReturnType<typeof filesBelow>) =>
      keys.filter((key) => files.some(({ content }) => content.includes(values.get(key) as string)))
    for (const node of nodes) {
      const isReplica = shard.replicas.includes(node.name)
      const read = async () => filesBelow(node.plan.dataFolder)
      // A majority's disks are enough to commit and apply an entry: the third may still be at it.
      const files = isReplica
        ? await awaitReading({
            what: `the keys of ${shard.name} on the disk of ${node.name}`,
            budget: budgets.healConvergence,
            probe: read,
            until: (each) => keysOnDisk(each).length === keys.length,
            describe: (each) => `${keysOnDisk(each).length} of ${keys.length} keys`,
            open: () => node.log.path,
          })
        : await read()
      const own = files.filter(({ path }) => path.startsWith(join('shards', shard.name)))
      if (isReplica) {
        const named = own.map(({ path }) => relative(join('shards', shard.name), path))
        const wrong = named.filter((name) => !name.startsWith(`${shard.name}-`))
        expect(named, 'a replica has files').not.toEqual([])
        expect(wrong, 'segments are named for their shard').toEqual([])
      } else {
        const bytes = files.reduce((sum, { content }) => sum + content.length, 0)
        if (bytes === 0) throw new Inconclusive(`Nothing was read from the disk of ${node.name}.`)
        expect(keysOnDisk(files), 'a node without a replica never receives a shard').toEqual([])
        expect(own, 'a node without a replica never receives a shard').toEqual([])
        expect(await statusOf(node, shard.name), 'a node without a replica holds none').toBeUndefined()
      }
    }
    expectOneLeaderPerTerm(nodes, shard.name)
  }
})

/** Waits until each of these replicas knows of a leader. */
async function led(nodes: readonly PeerNode[], name: string): Promise<void> {
  await awaitReading({
    what: `the replicas of ${name} to know a leader`,
    budget: budgets.failover,
    probe: () => Promise.all(nodes.map(async (node) => (await statusOf(node, name))?.leader)),
    until: (leaders) => leaders.every((leader) => leader !== undefined),
    open: () => nodes[0]?.log.path ?? 'no log',
  })
}

/** Every file of a node, with its path below the folder. */
function filesBelow(folder: string): { path: string; content: Buffer }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => ({ path, content: readFileSync(join(folder, path)) }))
}
