import { clusterTest as test } from '@breakwater/harness/vitest'
import { echo } from '../echo/system.ts'

test('ZZ-6 a guard whose process is killed', { tags: ['gate'] }, async ({ startCluster }) => {
  await startCluster({ system: echo, nodes: 2 })
  process.kill(process.pid, 'SIGKILL')
  await new Promise(() => {})
})
