import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

/** A pause of a stated length, where a reading under a budget belongs. */
const fixedWait =
  /\bafter\(\s*[\d(]|\bdelay\(\s*\d|setTimeout\(\s*(?:resolve|done|go|send|r)\b|setTimeout\(\s*\(\)\s*=>\s*(?:resolve|done)\b|\bsleep\s+[\d.]+|Atomics\.wait\(/

/** The length of these is what the test is about: how long a made-up system takes, or a stall lasts. And why. */
const durations: Record<string, string> = {
  'fixtures/faults/clock.test.ts': 'the duration of a timer is what is measured',
  'harness/src/base/clock.test.ts': 'the duration of a timer is what is measured',
  'harness/src/probe/canary.test.ts': 'the length of the stall that it makes',
  'harness/src/workload/load.test.ts': 'how long a made-up system takes to answer',
  'harness/src/workload/threads.test.ts': 'how long a made-up system takes to answer',
  'harness/src/vitest/clusterTest.test.ts': 'a process that stays until it is killed',
  'selfTests/cluster.test.ts': 'a process that stays until it is killed',
  'selfTests/samples/echo/exploration.ts': 'how long a made-up client thinks',
  'images/ensureDocker.sh': 'the pause between two readings, under a budget',
}

const isWatched = (file: string) =>
  /\.test\.ts$|Bed\.ts$|^(bench|selfTests|integrationTests|images|\.ci|\.github|fixtures\/systems\/[^/]+\/conformance)\//.test(
    file,
  ) && file !== 'harness/src/fixedWaits.test.ts'

test('no test, bench or script waits for a stated time where it could wait for a reading', () => {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', words, { cwd: root, encoding: 'utf8' }).split('\0').filter(isWatched)
  expect(files.length).toBeGreaterThan(200)
  const waiting = files.filter((file) => fixedWait.test(readFileSync(join(root, file), 'utf8')))
  expect(waiting.sort()).toEqual(Object.keys(durations).sort())
})

test.each([
  'await after(15)',
  'await after(15 + 17 * round)',
  'setTimeout(send, 20)',
  'await new Promise((resolve) => setTimeout(resolve, ms))',
  'setTimeout(() => resolve(1), 5)',
  'sleep 0.5',
])('%s is a fixed wait', (line) => {
  expect(fixedWait.test(line)).toBe(true)
})
