/**
 * Guarantee  Bytes that turned on a disk are never served: a node refuses them, and refuses to start rather than to forget what it
 *            acknowledged.
 * Method     One node with rows in several files of its log, a base and a blob. Twelve times (two hundred at full scale): damage one of its files (a bit, some
 *            garbage, some zeros, where the seed says), read everything, kill it and start it again; then put back what was there and start it.
 * Fault bit  Each damage counts the bits or bytes that it changed; some of them must have kept the node from serving or from starting.
 * Known bad  checksum-not-checked (rows are taken for what they say), damaged-tail-cut (damage at the end of the log is taken for a torn
 *            write), blob-not-checked (a blob's file is served as it is).
 */

import { createHash } from 'node:crypto'
import { type GuardRun, HarnessError, Inconclusive, type Node } from '@breakwater/harness'
import { sized, clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { blob } from '../../fixtures/datasets/blobs.ts'
import { rows } from '../../fixtures/datasets/rows.ts'
import { PeerCallError, type PeerClient } from '../../fixtures/systems/peer/client.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'

const rounds = sized({ gate: 12, full: 200 })
const given = rows(60)
const content = blob('damaged', 40_000)
const kinds = ['bitFlip', 'bitFlip', 'garbage', 'zeros'] as const
/**
 * In turn, so that each kind of file is met. Logs lose single bits alone: what garbles the last group and the mark behind it cannot be told
 * from a write that a cut of the power tore.
 */
const files = ['\\.log$', '\\.base$', 'blobs/', '\\.base$'] as const

test('PEER-8f bytes that turned on a disk are refused, never served and never forgotten', {
  timeout: sized({ gate: 120_000, full: 900_000 }),
}, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 1, env: { PEER_SEGMENT_BYTES: '8192' } })
  const [node] = cluster.nodes
  await node.client.putBlob(content.id, content.bytes)
  for (const { key, value } of given.slice(0, 40)) await node.client.put('rows', key, value)
  await node.client.compact()
  for (const { key, value } of given.slice(40)) await node.client.put('rows', key, value)
  node.mayExit()
  let refused = 0
  for (let at = 0; at < rounds; at++) {
    const how = kinds[at % kinds.length] ?? 'bitFlip'
    const damage = await cluster.damageFile(node, { how, bytes: 40, pathPattern: files[at % files.length] ?? '' })
    expect(damage, 'something was damaged').toHaveFired()
    refused += await readAll(run, node)
    await node.kill()
    if (await starts(node)) refused += await readAll(run, node)
    else refused++
    await damage.heal()
    if (node.running) await node.restart()
    else await node.start()
    expect(await readAll(run, node), 'all is there once the file is whole').toBe(0)
  }
  run.report('refused reads and starts', refused, 'operations')
  if (refused === 0) throw new Inconclusive('No damage was met by a read or a start.')
})

/** Whether the node serves. One that does not has ended by itself, with a sentence. */
async function starts(node: Node<PeerClient>): Promise<boolean> {
  try {
    await node.start()
    return true
  } catch (error) {
    if (!(error instanceof HarnessError) || error.code !== 'NODE_EXITED') throw error
    expect(node.life.exit?.code, 'a node that does not start says why').toBe(1)
    return false
  }
}

/** How many reads were refused; whatever is answered must be right. */
async function readAll(run: GuardRun, node: Node<PeerClient>): Promise<number> {
  let refused = 0
  const read = async (reading: () => Promise<void>) => {
    await reading().catch((error: unknown) => {
      if (!(error instanceof PeerCallError)) throw error
      refused++
    })
  }
  for (const { key, value } of given) {
    await read(async () => {
      expect(await node.client.get('rows', key), 'what is served of a row is what was written').toEqual(value)
    })
  }
  await read(async () => {
    const bytes = await node.client.blob(content.id)
    const served = createHash('sha256').update(bytes).digest('hex')
    expect(served, 'what is served of a blob is what was written').toBe(content.sha256)
  })
  run.progress(`${refused} of ${given.length + 1} reads refused`)
  return refused
}
