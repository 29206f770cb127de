/**
 * Guarantee  What a node with a clock far ahead has written does not mask what others write after it, and its clock does
 *            not drag theirs along.
 * Method     Set one node's clock an hour ahead; it writes a row; the others see it and overwrite it, one after the
 *            other; then one deletes it and the other writes it anew. Compare values on all nodes, and timestamps.
 * Fault bit  The clock fault counts the readings it moved, and the row bears a timestamp from the future on every node.
 * Known bad  future-clock-masks (the row is taken over, the clock is not followed, and later writes lose for an hour).
 */

import { awaitReading, type Node } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import type { PeerClient } from '../../fixtures/systems/peer/client.ts'
import { peer } from '../../fixtures/systems/peer/system.ts'
import { budgets } from '../budgets.ts'

const hourMs = 3_600_000
/** A timestamp is ms since 1970 times 4,096, plus a step. */
const stepsPerMs = 4_096

test('REPL-3c a clock an hour ahead masks no later write', { tags: ['gate'] }, async ({ startCluster, run }) => {
  const cluster = await startCluster({ system: peer, nodes: 3 })
  const [ahead, second, third] = cluster.nodes
  const skew = await cluster.skewClock(ahead, hourMs)
  await ahead.client.put('rows', 'price', 'from the future')
  await skew.tookEffect()
  for (const node of cluster.nodes) await sees(node, 'from the future')
  const sane = Number((await second.client.put('rows', 'other', 1)).timestamp)

  await second.client.put('rows', 'price', 'second')
  expect(await second.client.get('rows', 'price'), 'a later write wins over one from the future').toBe('second')
  await sees(third, 'second')
  await third.client.put('rows', 'price', 'third')
  for (const node of cluster.nodes) await sees(node, 'third')
  await second.client.delete('rows', 'price')
  for (const node of cluster.nodes) await sees(node, undefined)
  await third.client.put('rows', 'price', 'fourth')
  await skew.heal()
  for (const node of cluster.nodes) await sees(node, 'fourth')
  await cluster.converged(budgets.healConvergence)

  const rowAheadMs = (Number(await timestampOf(third, 'price')) - sane) / stepsPerMs
  run.report('the row is ahead of the clocks by', rowAheadMs, 'ms')
  expect(rowAheadMs, 'the clocks of the others were not dragged along').toBeGreaterThan(hourMs / 2)
})

async function sees(node: Node<PeerClient>, value: string | undefined): Promise<void> {
  await awaitReading({
    what: `${node.name} to see ${value ?? 'the delete'}`,
    budget: budgets.healConvergence,
    probe: () => node.client.get('rows', 'price'),
    until: (read) => read === value,
    open: () => node.log.path,
  })
}

async function timestampOf(node: Node<PeerClient>, key: string): Promise<string | undefined> {
  return (await node.client.rows('rows')).find((row) => row.key === key)?.timestamp
}
