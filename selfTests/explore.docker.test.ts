import { expect, test } from 'vitest'
import type { ExploreResult } from '../harness/src/explore/explore.ts'
import { breakwater } from './breakwater.ts'

const system = 'selfTests/samples/echo/exploration.ts'

test('containers are explored under faults that processes cannot have, and what is found there is replayed', {
  timeout: 60_000,
}, async () => {
  // Its first schedule is a firewall at 80 ms, before the kill at 126 ms that is found.
  const words = ['--workload', 'frail', '--seed', '2033', '--runs', '1', '--runtime', 'docker', '--shrink-tries', '0']
  const { exitCode, stdout, stderr } = await breakwater(['explore', '--system', system, ...words, '--json'])
  expect(exitCode, stderr).toBe(1)
  const { found, runtime, coverage } = JSON.parse(stdout) as ExploreResult
  expect(runtime).toBe('docker')
  expect(found[0]?.findings).toMatchObject([{ by: 'observe', message: expect.stringContaining('lost what they knew') }])
  // The nodes of this sample do not speak to one another: the firewall had nothing to stop, and its counts say so.
  expect(coverage.families.firewall).toEqual({ opened: 1, withoutEffect: 1, notOpened: 0 })

  const replayed = await breakwater(['replay', found[0]?.folder ?? '', '--system', system, '--json'])
  expect(replayed.exitCode, replayed.stderr).toBe(1)
  expect(JSON.parse(replayed.stdout)).toMatchObject({ failed: 1, repeats: 1, plan: { runtime: 'docker' } })
})
