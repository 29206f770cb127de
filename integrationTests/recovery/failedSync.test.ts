/**
 * Guarantee  A sync that failed is believed neither when it is tried again nor after a restart: what it should have covered is not on the disk.
 * Method     Twice (forty at full scale): a sync of the log fails once and drops what was dirty, as Linux does: it can be read, and no
 *            later sync brings it to the disk. Writers put rows meanwhile; then the node is killed, started and read, its power is cut, and it is read
 *            once more.
 * Fault bit  The failed sync counts the changes that it dropped, the kill and the cut are seen in exit records, and the life in between
 *            showed rows of the failed sync.
 * Known bad  failed-sync-retried (tries again and acknowledges), failed-sync-recovered (a recovery syncs what it finds and takes it for kept).
 */

import { type Fault, HarnessError, Inconclusive, type Node } from '@breakwater/harness'
import { sized, clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { PeerCallError } from '../../fixtures/systems/peer/client.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'

const rounds = sized({ gate: 2, full: 40 })
const writers = 4
const claim = 'what was acknowledged or shown is there after the cut'

test('PEER-8e a sync that failed is not believed when it is tried again, nor after a restart', {
  tags: ['gate'],
  timeout: sized({ gate: 120_000, full: 600_000 }),
}, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 1, powerCuts: true })
  const [node] = cluster.nodes
  node.mayExit()
  let shown = 0
  for (let at = 1; at <= rounds; at++) {
    const table = `round-${at}`
    await node.client.put(table, 'acknowledged', { at })
    const rule = { operations: ['sync'], effect: { type: 'dropDirty' }, limit: 1 } as const
    const failing = await cluster.failDisk(node, { ...rule, pathIncludes: '/log/' })
    const given = rows(writers)
    const read = () => Promise.all(given.map(({ key }) => node.client.get(table, key)))
    for (const { key, value } of given) {
      await node.client.put(table, key, value).catch((error: unknown) => {
        if (!(error instanceof PeerCallError)) throw error
      })
    }
    expect(failing, 'a sync failed and dropped what was dirty').toHaveFired()
    const kill = await cluster.kill(node)
    await failing.heal()
    await kill.heal()
    shown += (await read()).filter((row) => row !== undefined).length
    const cut = await cluster.powerCut(node)
    expect(cut, 'the power was cut').toHaveFired()
    // A hole in the middle of its log keeps a node from starting, which is right of it, and too late.
    expect(await isBack(node, cut), claim).toBe(true)
    await read()
    await observeRows(run, [node], table)
    // A write whose outcome is not known has happened once it was read.
    expect(run.check('losesNothing', { table }), claim).toBeValid()
    expect(run.check('staysOrdered', { table }), claim).toBeValid()
  }
  run.report('rows shown whose sync had failed', shown, 'rows')
  if (shown < rounds) {
    throw new Inconclusive(`Only ${shown} rows of failed syncs were shown after the restart; ${rounds} are needed.`)
  }
})

/** Whether the node serves after the cut. */
async function isBack(node: Node, cut: Fault): Promise<boolean> {
  try {
    await cut.heal()
  } catch (error) {
    if (!(error instanceof HarnessError) || error.code !== 'NODE_EXITED') throw error
  }
  return node.running
}
