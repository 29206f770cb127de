/**
 * Guarantee  A base holds the state of one moment, whatever is written while it is put together, and what came meanwhile comes after it.
 * Method     10 MB of vectors are written over, removed and added anew by one writer, so that the number of each operation is known,
 *            until three bases were saved; the store's disk is slow, so that a base of several parts takes its time. Each base is read
 *            from the store and compared with what had been written up to its operation. Then the log on the daemon's disk is taken
 *            away: base and log of the store must give back all.
 * Fault bit  The slow disk delayed syncs; operations came while each base was on its way; each base had several parts.
 * Known bad  slot-reused-under-snapshot, compaction-drops-what-came.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Inconclusive } from '@breakwater/harness'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import type { GivenVector } from '../../fixtures/systems/vectord/client.ts'
import type { Base } from '../../fixtures/systems/vectord/daemon/manifest.ts'
import { type Read, readBase } from '../../fixtures/systems/vectord/exploration/storedState.ts'
import { budgets } from '../budgets.ts'
import { allSaved, type Bed, bucket, manifestOf, missingParts, prefix, startBed } from './stores.ts'
import { drawVector } from './vectors.ts'

const index = 'rewritten'
const dimensions = 2_048
const vectors = 1_200
const batch = 60
const bases = 3
/** Written over, in batches, before it is given up: a base must have come by then. */
const mostBatches = 400

/** By the number of the operation that left it so: each id with the first number of its vector. */
type Written = { readonly seq: number; readonly id: string; readonly first: number | undefined }

test('VEC-12c a base holds one moment, and what came meanwhile comes after it', { timeout: 240_000 }, async ({
  run,
  seed,
}) => {
  const bed = await startBed(run, {
    VECTORD_COMPACT_BYTES: '65536',
    VECTORD_SAVE_PAUSE_MS: '0',
    VECTORD_STORE_TIMEOUT_MS: '30000',
    VECTORD_PENDING_LIMIT: '100000',
    // Saving graphs is none of this.
    VECTORD_GRAPH_SAVE_CHANGES: '100000000',
  })
  const { node, stores, store } = bed
  const random = seed.stream('vectors')
  const log: Written[] = []
  let seq = 0
  const put = async (ids: readonly string[]) => {
    const given = ids.map((id): GivenVector & { id: string } => ({ id, vector: drawVector(random, dimensions) }))
    await node.client.upsert(index, given)
    seq++
    for (const { id, vector } of given) log.push({ seq, id, first: vector[0] })
  }
  const remove = async (ids: readonly string[]) => {
    await node.client.remove(index, ids)
    seq++
    for (const id of ids) log.push({ seq, id, first: undefined })
  }
  await node.client.createIndex(index, dimensions)
  seq++
  const ids = Array.from({ length: vectors }, (_, at) => `v${at}`)
  for (let at = 0; at < vectors; at += batch) await put(ids.slice(at, at + batch))
  const slow = await stores.failDisk(store, { operations: ['sync'], effect: { type: 'delay', ms: 100 } })
  const seen = new Map<number, Read>()
  let overtaken = 0
  for (let at = 0; at < mostBatches && seen.size < bases; at++) {
    const chosen = random.shuffle(ids).slice(0, batch)
    // What is freed by these is taken by those.
    await remove(chosen.slice(0, batch / 2))
    await put(random.shuffle(chosen))
    const base = (await manifestOf(bed))?.base
    if (!base || seen.has(base.seq)) continue
    const read = await readOf(bed, base)
    // Another has taken its place meanwhile.
    if (!read) continue
    seen.set(base.seq, read)
    if (seq > base.seq) overtaken++
    run.progress(`base of ${base.seq} operations in ${base.parts.length} parts, ${seq - base.seq} came meanwhile`)
    if (base.parts.length < 2) throw new Inconclusive(`The base of ${base.seq} operations has one part.`)
    expect(held(read), 'a base holds what had been written up to its operation').toEqual(heldAt(log, base.seq))
  }
  run.report('bases that were overtaken', overtaken, 'operations')
  if (seen.size < bases || overtaken === 0)
    throw new Inconclusive(`${seen.size} bases were seen, ${overtaken} overtaken.`)
  expect(slow, 'the disk of the store was slow').toHaveFired()
  await slow.heal()
  await allSaved(bed)
  expect(await missingParts(bed), 'a manifest names only parts that are there').toEqual([])
  await fromTheStoreAlone(bed)
})

async function readOf(bed: Bed, base: Base): Promise<Read | undefined> {
  return readBase(base, (key) => bed.store.client.get(bucket, prefix + key))
}

function held({ indexes }: Read): Map<string, number> {
  const [only] = indexes
  return new Map([...(only?.rows ?? [])].map((row) => [row.id, only!.vectorOf(row)[0]!] as const).sort(byId))
}

function heldAt(log: readonly Written[], seq: number): Map<string, number> {
  const left = new Map<string, number>()
  for (const { seq: at, id, first } of log) {
    if (at > seq) break
    if (first === undefined) left.delete(id)
    else left.set(id, first)
  }
  return new Map([...left].sort(byId))
}

function byId([a]: readonly [string, number], [b]: readonly [string, number]): number {
  return a < b ? -1 : 1
}

async function fromTheStoreAlone({ daemons, node }: Bed): Promise<void> {
  const before = await node.client.index(index)
  const kill = await daemons.kill(node)
  expect(kill, 'the daemon was killed').toHaveFired()
  await rm(join(node.plan.dataFolder, 'log'), { recursive: true })
  await node.start(budgets.snapshotLoaded.limit)
  const after = await node.client.index(index)
  expect([after.count, after.digest], 'base and log give back the same vectors').toEqual([before.count, before.digest])
}
