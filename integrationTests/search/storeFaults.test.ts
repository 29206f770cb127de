/**
 * Guarantee  Whatever the object store does, writes are acknowledged and searches answered; a store that is away is asked less and less
 *            often; once it is well again the snapshot catches up, and nothing is lost.
 * Method     The store refuses with SlowDown and InternalError, does not answer, resets uploads half way, loses answers, is
 *            away: for 2 s in which attempts are counted at its door, then silent, at full scale for two minutes. Vectors are added all
 *            the while. Then 200 vectors are added while one save stands still, and the daemon is killed and started while the store is
 *            away. In the end the log on disk is taken away.
 * Fault bit  Each fault counts what it did to the daemon's calls; the daemon logs that it waits for the store.
 * Known bad  store-rejection-kills-server (a failed save escapes), save-not-coalesced (every write saves),
 *            failed-load-overwrites (what cannot be loaded is taken for empty), retry-storm (pauses between attempts do not grow).
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { awaitReading, type Fault, type ObjectStoreEffect, type Random } from '@breakwater/harness'
import { sized, clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { budgets } from '../budgets.ts'
import { allSaved, type Bed, manifestOf, missingParts, observeVectors, startBed } from './stores.ts'
import { drawVector } from './vectors.ts'

const index = 'kept'
const dimensions = 32
const addsEach = 30
const addsWhileSaving = 200
/** Of one outage of the store, at the least. */
const outageMs = sized({ gate: 0, full: 120_000 })
/** Of the outage in which attempts are counted: long enough for the pauses between them to grow. */
const watchedMs = 2_000
const timeout = sized({ gate: 120_000, full: 600_000 })
/** The save that stood still, the one after it, and the one that a graph may make late. */
const mostSaves = 3
const effects: readonly ObjectStoreEffect[] = [
  { type: 'slowDown' },
  { type: 'internalError' },
  { type: 'timeout' },
  { type: 'cut' },
  { type: 'loseAnswer' },
]

test('VEC-9 no fault of the object store fails a write or loses a vector', { tags: ['gate'], timeout }, async ({
  run,
  seed,
}) => {
  const bed = await startBed(run, { VECTORD_STORE_TIMEOUT_MS: '500', VECTORD_GRAPH_SAVE_CHANGES: '50' })
  const { node, stores, store } = bed
  const adds = new Adds(bed, seed.stream('vectors'))
  await node.client.createIndex(index, dimensions)

  for (const effect of effects) {
    await adds.during(await stores.failObjectStore(store, { effect, operations: ['PutObject'], every: 2 }))
    await adds.during(await stores.failObjectStore(store, { effect, limit: 3 }))
    run.progress(`${effect.type}: ${adds.count} vectors, all saved`)
  }
  const perSecond = await adds.during(await stores.objectStoreOutage(store), watchedMs)
  run.report('asked of a store that is away', perSecond, 'perSecond', budgets.awayAsked.limit)
  expect(perSecond, 'a store that is away is asked less and less often').toMeetBudget(budgets.awayAsked)
  await adds.during(await stores.objectStoreOutage(store, { how: 'silence' }), outageMs)

  await savesAreCoalesced(bed, adds, (name, value) => run.report(name, value, 'operations'))
  await startsOnlyWithItsData(bed, adds)
  await fromTheStoreAlone(bed, adds)
  await observeVectors(run, node, index)
  expect(run.check('losesNothing', { table: index }), 'no acknowledged vector is lost').toBeValid()
  expect(run.check('exactlyOnce', { table: index }), 'no vector is doubled').toBeValid()
  run.report('vectors', adds.count, 'rows')
})

/** Adds vectors one after the other and keeps count. */
class Adds {
  readonly #bed: Bed
  readonly #random: Random
  count = 0

  constructor(bed: Bed, random: Random) {
    this.#bed = bed
    this.#random = random
  }

  async some(count: number): Promise<void> {
    const { client } = this.#bed.node
    for (let at = 0; at < count; at++) {
      const id = `v${this.count}`
      const vector = drawVector(this.#random, dimensions)
      const answer = await client.add(index, [{ id, vector, metadata: { id } }]).catch((error: Error) => error.message)
      expect(answer, 'every write and search is answered while the store fails').toEqual([id])
      this.count++
      const found = await client.search(index, { vector, k: 1 }).then(
        (hits) => hits.map((hit) => hit.id),
        (error: Error) => error.message,
      )
      expect(found, 'every write and search is answered while the store fails').toEqual([id])
    }
  }

  /**
   * Adds while the fault is open, so long at the least; once it is healed everything gets saved. Returns how often a second the fault
   * took effect.
   */
  async during(opened: Fault, leastMs = 0): Promise<number> {
    let perSecond = 0
    {
      await using fault = opened
      // What was open by then is no new attempt.
      const [openedMs, before] = [performance.now(), fault.effects()]
      do await this.some(addsEach)
      while (performance.now() - openedMs < leastMs)
      await fault.tookEffect()
      perSecond = ((fault.effects() - before) * 1_000) / (performance.now() - openedMs)
    }
    await allSaved(this.#bed)
    expect(await missingParts(this.#bed), 'a manifest names only parts that are there').toEqual([])
    await this.countsAll()
    return perSecond
  }

  async countsAll(): Promise<void> {
    expect((await this.#bed.node.client.index(index)).count, 'every acknowledged vector is there').toBe(this.count)
  }
}

/** However much is written while a save stands still, one more save holds it all. */
async function savesAreCoalesced(bed: Bed, adds: Adds, report: (name: string, value: number) => void): Promise<void> {
  const before = (await manifestOf(bed))?.number ?? 0
  {
    await using outage = await bed.stores.objectStoreOutage(bed.store)
    await adds.some(1)
    await outage.tookEffect()
    await adds.some(addsWhileSaving)
  }
  const numberOf = async () => ((await manifestOf(bed))?.number ?? 0) - before
  // Counted when all is over, or when it is too much already.
  await awaitReading({
    what: 'the daemon to have no more to save',
    budget: budgets.savedAfterHeal,
    probe: async () => ({ saves: await numberOf(), ...(await bed.node.client.status()) }),
    until: ({ saves, operations, snapshot }) =>
      saves > mostSaves || (snapshot?.operations === operations && !snapshot.busy),
    describe: ({ saves }) => `${saves} saves`,
    open: () => bed.node.log.path,
  })
  const saves = await numberOf()
  report(`saves of ${addsWhileSaving} adds`, saves)
  expect(saves, 'something was saved').toBeGreaterThan(0)
  expect(saves, 'writes that come during a save share the next one').toBeLessThanOrEqual(mostSaves)
}

/** A daemon that cannot load does not serve: to show less than it holds would be to lose it. */
async function startsOnlyWithItsData(bed: Bed, adds: Adds): Promise<void> {
  const { node, daemons, stores, store } = bed
  {
    await using outage = await stores.objectStoreOutage(store)
    await adds.some(5)
    await daemons.kill(node)
    await node.launch()
    await node.log.awaitLine(/waiting for the object store|"ready"/, budgets.storeFaultSeen)
    await outage.tookEffect()
    const answer = await node.client.index(index).catch((error: unknown) => error)
    expect(answer, 'a daemon that cannot load serves nothing').toMatchObject({ status: 503 })
  }
  await node.awaitReady(budgets.snapshotLoaded.limit)
  await adds.countsAll()
  await adds.some(5)
}

async function fromTheStoreAlone(bed: Bed, adds: Adds): Promise<void> {
  const { node, daemons } = bed
  await allSaved(bed)
  await daemons.kill(node)
  await rm(join(node.plan.dataFolder, 'log'), { recursive: true })
  await node.start(budgets.snapshotLoaded.limit)
  await adds.countsAll()
  expect((await node.client.status()).operations, 'no operation came from the disk').toBe((await manifestOf(bed))?.seq)
}
