/**
 * Guarantee  The object store runs in a container like any other system, as MinIO and as ours, and loses nothing it acknowledged.
 * Method     Write, kill -9, start again, list and read; for each variant whose image is here.
 * Fault bit  The engine tells that the container ended by SIGKILL.
 * Known bad  None: the harness and the stand-ins are under test here.
 */
import { randomBytes } from 'node:crypto'
import { clusterTest as test } from '@breakwater/harness/vitest'
import { afterEach, beforeEach, describe, expect, vi } from 'vitest'
import { ObjectStoreClient } from '../fixtures/systems/objectStore/client.ts'
import { objectStore } from '../fixtures/systems/objectStore/system.ts'
import { isImageHere } from '../images/presence.ts'
import { imageOf } from '../images/specimens.ts'

const variants = [
  { variant: 'embedded', image: imageOf('object_store', {}), server: 'objectStore' },
  { variant: 'minio', image: imageOf('minio', {}), server: 'MinIO' },
] as const
const here = await Promise.all(variants.map(({ image }) => isImageHere(image)))
const bucket = 'selftest'
const isStart = (event: { type: string }) => event.type === 'start'

beforeEach(() => {
  vi.stubEnv('BREAKWATER_OBJECT_STORE', undefined)
  vi.stubEnv('BREAKWATER_OBJECT_STORE_IMAGE', undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe.each(variants.map((each, at) => ({ ...each, isHere: here[at] === true })))(
  'the object store "$variant" in a container',
  ({ variant, image, server, isHere }) => {
    test.skipIf(!isHere)(`${variant} has after kill -9 every object that it acknowledged`, async ({ run }) => {
      vi.stubEnv('BREAKWATER_OBJECT_STORE', variant)
      const cluster = await run.startCluster({ system: objectStore, nodes: 1 })
      const [node] = cluster.nodes
      expect(run.history.events.filter(isStart).map(({ what }) => what)).toEqual([
        `n1 incarnation 1 started from ${image}`,
      ])
      expect(await node.client.status()).toEqual({ server, buckets: 0 })
      await node.client.createBucket(bucket)
      const large = randomBytes(3_000_000)
      await node.client.put(bucket, 'segments/large', large)
      for (let at = 0; at < 5; at++) await node.client.put(bucket, `manifest/${at}`, `revision ${at}`)

      const fault = await cluster.kill(node)
      await fault.tookEffect()
      expect(node.life.exit).toMatchObject({ signal: 'SIGKILL', asked: true })
      await fault.heal()

      expect([node.incarnation, node.running]).toEqual([2, true])
      expect(await node.client.keys(bucket)).toEqual([
        ...[0, 1, 2, 3, 4].map((at) => `manifest/${at}`),
        'segments/large',
      ])
      expect(await node.client.get(bucket, 'segments/large')).toEqual(large)
      expect(String(await node.client.get(bucket, 'manifest/4'))).toBe('revision 4')
      await node.client.delete(bucket, 'manifest/4')
      expect(await node.client.get(bucket, 'manifest/4')).toBeUndefined()
    })
  },
)

test('without a choice MinIO serves where its image is here, and ours where it is not', async ({ startCluster }) => {
  const cluster = await startCluster({ system: objectStore, nodes: 1 })
  expect(await cluster.node(0).client.status()).toMatchObject({ server: here[1] ? 'MinIO' : 'objectStore' })
})

test('calls to an object store in a container can be made to fail', async ({ startCluster }) => {
  const cluster = await startCluster({ system: objectStore, nodes: 1 })
  const [node] = cluster.nodes
  await node.client.createBucket(bucket)
  const through = new ObjectStoreClient(await cluster.objectStoreEndpoint(node), (_operation, call) => call())
  {
    await using fault = await cluster.failObjectStore(node, { effect: { type: 'loseAnswer' } })
    await expect(through.put(bucket, 'key', 'content')).rejects.toMatchObject({ outcome: 'info' })
    await fault.tookEffect()
    expect(fault.counts()).toEqual({ callsMatched: 1, answersLost: 1 })
  }
  expect(await node.client.keys(bucket)).toEqual(['key'])
  await through.put(bucket, 'key', 'content')
  through.close()
})

test('a build of a user that is no object store is told what it must do', async ({ run }) => {
  vi.stubEnv('BREAKWATER_OBJECT_STORE_IMAGE', imageOf('echo'))
  const failure = await run.startCluster({ system: objectStore, nodes: 1 }).catch((error: Error) => error)
  expect(String(failure)).toContain(`The image ${imageOf('echo')} of objectStore must run MinIO by the command`)
  for (const node of run.nodes) node.mayExit()
})
