import { expect, test } from 'vitest'
import { ObjectStoreClient } from '../fixtures/systems/objectStore/client.ts'
import { objectStore } from '../fixtures/systems/objectStore/system.ts'
import { GuardBed } from './guardBed.ts'

const bucket = 'selftest'

async function startStore(bed: GuardBed) {
  const cluster = await bed.run.startCluster({ system: objectStore, nodes: 1 })
  const [node] = cluster.nodes
  await node.client.createBucket(bucket)
  const endpoint = await cluster.objectStoreEndpoint(node)
  const through = new ObjectStoreClient(endpoint, (_operation, call) => call())
  return { cluster, node, endpoint, through }
}

/** Which of 40 writes a rule with a probability lets through. */
async function writesThatPass(bed: GuardBed): Promise<number[]> {
  const { cluster, node, through } = await startStore(bed)
  await using fault = await cluster.failObjectStore(node, { effect: { type: 'slowDown' }, probability: 0.5 })
  const passed: number[] = []
  for (let at = 0; at < 40; at++) {
    await through.put(bucket, `${at}`, 'x').then(
      () => passed.push(at),
      (error: { code?: string }) => expect(error.code).toBe('SlowDown'),
    )
  }
  through.close()
  expect(fault.counts()).toEqual({ callsMatched: 40, requestsRefused: 40 - passed.length })
  return passed
}

test('which calls to the object store fail is decided by the seed of the run alone', async () => {
  await using first = new GuardBed()
  await using second = new GuardBed()
  const passed = await writesThatPass(first)
  expect(passed.length).toBeGreaterThan(5)
  expect(passed.length).toBeLessThan(35)
  expect(await writesThatPass(second)).toEqual(passed)
})

test('the endpoint of an object store is the same over its lives, and faults at it hold over them', async () => {
  await using bed = new GuardBed()
  const { cluster, node, endpoint, through } = await startStore(bed)
  {
    await using fault = await cluster.failObjectStore(node, { effect: { type: 'internalError' } })
    await node.restart()
    await expect(through.put(bucket, 'key', 'x')).rejects.toMatchObject({ code: 'InternalError', outcome: 'info' })
    await fault.tookEffect()
  }
  expect(await cluster.objectStoreEndpoint(node)).toBe(endpoint)
  await through.put(bucket, 'key', 'x')
  expect(await node.client.keys(bucket)).toEqual(['key'])
  through.close()
})

test('an outage that a guard leaves open is healed and written down, and the door is closed with the cluster', async () => {
  await using bed = new GuardBed()
  const { cluster, node, through } = await startStore(bed)
  const silence = await cluster.objectStoreOutage(node, { how: 'silence' })
  const unanswered = through.put(bucket, 'key', 'x').catch((error: Error) => error)
  await silence.tookEffect()
  await cluster.objectStoreOutage(node)
  expect(await unanswered).toMatchObject({ outcome: 'info' })
  expect(await bed.close()).toEqual([])
  expect(bed.saved().faults).toMatchObject([
    { name: 'outage of n1 (silence)', kind: 'objectStoreOutage', targets: ['n1'], counts: { requestsSilenced: 1 } },
    { name: 'outage of n1 (reset)', kind: 'objectStoreOutage', targets: ['n1'], counts: { connectionsReset: 1 } },
  ])
  expect(bed.saved().faults.map(({ healedAtMs }) => healedAtMs)).toEqual([expect.any(Number), expect.any(Number)])
  await expect(through.keys(bucket)).rejects.toMatchObject({ outcome: 'fail' })
  through.close()
})

test('a system that is no object store has no endpoint whose calls could fail', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  const [node] = cluster.nodes
  await expect(cluster.failObjectStore(node, { effect: { type: 'slowDown' } })).rejects.toThrow('[ABILITY_MISSING]')
})
