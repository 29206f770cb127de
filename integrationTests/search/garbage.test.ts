/**
 * Guarantee  What was written over, deleted or dropped is collected: a snapshot stays within a few times what is alive.
 * Method     30 rounds: the same vectors are written over, half of them deleted, and an index is made, filled and dropped. After each
 *            round is saved, the parts that the manifest names are summed up. Then the daemon is killed and starts from what is left.
 * Fault bit  None but that kill. Many times the bound was written: the vectors of every round are counted.
 * Known bad  garbage-kept (what is removed counts as alive for ever).
 */
import { Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { budgets } from '../budgets.ts'
import { allSaved, manifestOf, missingParts, namedParts, nothingUnneeded, observeVectors, startBed } from './stores.ts'
import { drawVector } from './vectors.ts'

const index = 'churned'
const dimensions = 256
const rounds = 30
const vectorsEach = 40
const compactBytes = 32_768

test('VEC-12b garbage is collected: rounds of adds and deletes leave a snapshot of what is alive', {
  tags: ['gate'],
}, async ({ run, seed }) => {
  const settings = { VECTORD_COMPACT_BYTES: String(compactBytes), VECTORD_SAVE_PAUSE_MS: '0' }
  const bed = await startBed(run, settings)
  const { node, daemons } = bed
  const random = seed.stream('vectors')
  const drawn = () =>
    Array.from({ length: vectorsEach }, (_, at) => ({ id: `v${at}`, vector: drawVector(random, dimensions) }))
  await node.client.createIndex(index, dimensions)
  const limitBytes = budgets.snapshotOfChurn.limit
  let mostBytes = 0
  let writtenBytes = 0
  for (let round = 0; round < rounds; round++) {
    const vectors = drawn()
    await node.client.upsert(index, vectors)
    const half = vectors.filter((_, at) => at % 2 === round % 2).map(({ id }) => id)
    await node.client.remove(index, half)
    await node.client.createIndex('short-lived', dimensions)
    await node.client.add('short-lived', drawn())
    await node.client.dropIndex('short-lived')
    writtenBytes += 2 * vectorsEach * dimensions * Float32Array.BYTES_PER_ELEMENT
    await allSaved(bed)
    const manifest = await manifestOf(bed)
    if (!manifest) throw new Inconclusive('Operations are saved, and the store holds no manifest.')
    const bytes = namedParts(manifest).reduce((sum, { byteCount }) => sum + byteCount, 0)
    mostBytes = Math.max(mostBytes, bytes)
  }
  run.report('written over all rounds', writtenBytes, 'bytes')
  run.report('largest snapshot of any round', mostBytes, 'bytes', limitBytes)
  if (writtenBytes < 4 * limitBytes) throw new Inconclusive(`Only ${writtenBytes} bytes were written.`)
  expect(mostBytes, 'a snapshot is bounded by what is alive').toBeLessThanOrEqual(limitBytes)

  expect(await missingParts(bed), 'nothing that is needed was collected').toEqual([])
  await nothingUnneeded(bed)
  const before = await node.client.index(index)
  const kill = await daemons.kill(node)
  expect(kill, 'the daemon was killed').toHaveFired()
  await node.start(budgets.snapshotLoaded.limit)
  const after = await node.client.index(index)
  expect([after.count, after.digest], 'what is left is what was alive').toEqual([before.count, before.digest])
  expect(after.count, 'half of the vectors were deleted').toBe(vectorsEach / 2)
  await observeVectors(run, node, index)
  expect(run.check('losesNothing', { table: index }), 'no acknowledged vector is lost').toBeValid()
})
