import { clusterTest as test } from '@breakwater/harness/vitest'
import { expect } from 'vitest'
import { echo } from '../echo/system.ts'

let tries = 0
test('ZZ-7 a guard with a retry', { tags: ['gate'], retry: 1 }, async ({ startCluster }) => {
  const c = await startCluster({ system: echo, nodes: 2 })
  await c.nodes[0].client.call('/')
  expect(++tries, 'the second try').toBe(2)
})
