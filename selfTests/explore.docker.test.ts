import { expect, test } from 'vitest'
import type { ExploreResult } from '../harness/src/explore/explore.ts'
import { breakwater } from './breakwater.ts'

const system = 'selfTests/samples/echo/exploration.ts'

test('containers are explored under faults that processes cannot have, and what is found there is replayed', {
  timeout: 240_000,
}, async () => {
  const words = ['--workload', 'frail', '--seed', '3', '--runs', '12', '--runtime', 'docker', '--shrink-tries', '0']
  const { exitCode, stdout, stderr } = await breakwater(['explore', '--system', system, ...words, '--json'])
  expect(exitCode, stderr).toBe(1)
  const { found, runtime, coverage } = JSON.parse(stdout) as ExploreResult
  expect(runtime).toBe('docker')
  expect(found[0]?.findings).toMatchObject([{ by: 'observe', message: expect.stringContaining('lost what they knew') }])
  expect(coverage.missed.listening?.frail).toContain('firewall')

  const replayed = await breakwater(['replay', found[0]?.folder ?? '', '--json'])
  expect(replayed.exitCode, replayed.stderr).toBe(1)
  expect(JSON.parse(replayed.stdout)).toMatchObject({ failed: 1, repeats: 1, plan: { runtime: 'docker' } })
})
