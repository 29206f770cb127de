/**
 * Guarantee  A node whose power is cut comes back with every row that it acknowledged.
 * Method     Twenty times (a hundred at full scale): four writers put rows, the power is cut after a seeded number of
 *            acknowledgements, the node is
 *            started on what the disk had promised to keep and some of the rest, and read. Its disk is slow, so that something is
 *            on its way to it at any time.
 * Fault bit  Each cut is seen in an exit record and counts what was not synced at the time, and what of it is gone.
 * Known bad  ack-before-sync (acknowledges what is not on disk).
 */

import { type Fault, type GuardRun, Inconclusive, type Node } from '@breakwater/harness'
import { sized, clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { rows } from '../../fixtures/datasets/rows.ts'
import { PeerCallError, type PeerClient } from '../../fixtures/systems/peer/client.ts'
import { observeRows } from '../../fixtures/systems/peer/observe.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'

const cuts = sized({ gate: 20, full: 100 })
const writers = 4
const mostRows = 200
/** Cuts that found something unsynced. */
const cutsThatBit = cuts / 2

test('PEER-8c cuts of the power take no acknowledged row', {
  tags: ['gate'],
  timeout: sized({ gate: 240_000, full: 1_200_000 }),
}, async ({ startCluster, run, seed }) => {
  const cluster = await startCluster({ system: peer, nodes: 1, powerCuts: true })
  const [node] = cluster.nodes
  const slowDisk = await cluster.failDisk(node, { operations: ['sync'], effect: { type: 'delay', ms: 5 } })
  const random = seed.stream('acknowledgements before each cut')
  let bit = 0
  for (let at = 1; at <= cuts; at++) {
    const table = `cut-${at}`
    const cut = await writeUntilCut(node, table, random.integer(4, 24), () => cluster.powerCut(node))
    expect(cut, 'the power was cut').toHaveFired()
    if ((cut.counts().changesUnsynced ?? 0) > 0) bit++
    const trouble = await cut.heal().then(
      () => 'none',
      (error: Error) => error.message,
    )
    expect(trouble, 'the node comes back from the cut').toBe('none')
    await observeRows(run, [node], table)
    expect(run.check('losesNothing', { table }), 'every acknowledged row is there after the cut').toBeValid()
  }
  tell(run)
  expect(run.check('exactlyOnce'), 'no row is doubled').toBeValid()
  expect(slowDisk, 'the disk was slow').toHaveFired(cuts)
  run.report('cuts that found something unsynced', bit, 'kills')
  if (bit < cutsThatBit) {
    throw new Inconclusive(
      `Only ${bit} of ${cuts} cuts found something that was not synced; ${cutsThatBit} are needed.`,
    )
  }
})

/** Writers put rows until the cut, which comes after so many of them are acknowledged, takes their answers away. */
async function writeUntilCut(
  node: Node<PeerClient>,
  table: string,
  acknowledgements: number,
  cutPower: () => Promise<Fault>,
): Promise<Fault> {
  const enough = Promise.withResolvers<void>()
  let acknowledged = 0
  const write = async (writer: number) => {
    for (const { key, value } of rows(mostRows, { prefix: `w${writer}` })) {
      await node.client.put(table, key, value)
      if (++acknowledged === acknowledgements) enough.resolve()
    }
  }
  const writing = Array.from({ length: writers }, (_, at) =>
    write(at + 1).catch((error: unknown) => {
      if (!(error instanceof PeerCallError)) throw error
    }),
  )
  const [cut] = await Promise.all([enough.promise.then(cutPower), ...writing])
  return cut
}

/** What all the cuts did together, for the verdict table. */
function tell(run: GuardRun): void {
  const sum = (name: string) => run.faults.reduce((total, fault) => total + (fault.counts()[name] ?? 0), 0)
  run.report('changes not synced', sum('changesUnsynced'), 'operations')
  run.report('changes lost', sum('changesLost'), 'operations')
  run.report('writes torn', sum('writesTorn'), 'operations')
}
