/**
 * Guarantee  The object stores in containers keep S3's contract, all of it, as those on processes do.
 * Method     The conformance cases against each variant whose image is here, and by BREAKWATER_OBJECT_STORE_ENDPOINT against the
 *            last of them, which the cases then know by its address alone.
 * Fault bit  Two cases kill the container and tell how many writes were acknowledged before.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { presentSubjects, type SubjectPlan, subjectOf } from '../fixtures/systems/objectStore/conformance/subject.ts'
import { holdToContract } from '../fixtures/systems/objectStore/conformance/suite.ts'
import { isImageHere } from '../images/presence.ts'
import { imageOf } from '../images/specimens.ts'
import { type StoreInContainer, startStoreInContainer } from './storeInContainer.ts'

const variants = [
  { variant: 'embedded', image: imageOf('object_store', {}), server: 'objectStore' },
  { variant: 'minio', image: imageOf('minio', {}), server: 'MinIO' },
]
const here = await Promise.all(variants.map(({ image }) => isImageHere(image)))
const present = variants.filter((_, at) => here[at])

async function start({ variant, server }: (typeof variants)[number]): Promise<StoreInContainer> {
  vi.stubEnv('BREAKWATER_OBJECT_STORE', variant)
  vi.stubEnv('BREAKWATER_OBJECT_STORE_IMAGE', undefined)
  const store = await startStoreInContainer()
  expect(store.server, 'the store that was asked for serves').toBe(server)
  return store
}

test('the embedded store is among those that are held to the contract', () => {
  expect(present.map(({ variant }) => variant)).toContain('embedded')
})

for (const each of present) {
  holdToContract({
    name: `${each.variant} in the container ${each.image}`,
    canBeKilled: true,
    open: async () => subjectOf(await start(each)),
  })
}

describe('named by BREAKWATER_OBJECT_STORE_ENDPOINT', () => {
  let store: StoreInContainer

  beforeAll(async () => {
    store = await start(present.at(-1) as (typeof variants)[number])
    vi.stubEnv('BREAKWATER_OBJECT_STORE_ENDPOINT', store.endpoint)
  })

  afterAll(async () => {
    vi.unstubAllEnvs()
    await store?.[Symbol.asyncDispose]()
  })

  test('the store is among those that are present, by its address', () => {
    expect(presentSubjects().at(-1)).toMatchObject({ name: `endpoint ${store.endpoint}`, canBeKilled: false })
  })

  holdToContract({
    name: 'endpoint of a container',
    canBeKilled: false,
    open: () => (presentSubjects().at(-1) as SubjectPlan).open(),
  })
})
