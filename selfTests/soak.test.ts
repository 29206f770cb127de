import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { awaitReading } from '@breakwater/harness'
import { expect, test } from 'vitest'
import type { SoakRecord } from '../harness/src/soak/soakRecord.ts'
import { breakwater, repositoryRoot, start } from './breakwater.ts'
import { nodesOf } from './nodesOf.ts'
import { against } from './schema.ts'

const system = 'selfTests/samples/echo/exploration.ts'
const words = (...more: string[]) => ['soak', '--system', system, '--window', '3s', ...more]

interface Told {
  folder: string
  soaks: (Omit<SoakRecord, 'windows' | 'readings'> & { windows: number; readings: number })[]
}

function savedAt(folder: string): SoakRecord {
  const saved = JSON.parse(readFileSync(join(repositoryRoot, folder, 'echo', 'soak.json'), 'utf8')) as SoakRecord
  expect(against('soak', saved)).toEqual([])
  return saved
}

async function soak(more: string[], env: Record<string, string> = {}) {
  const ended = await breakwater(words('--json', ...more), env)
  const told = JSON.parse(ended.stdout || '{}') as Told
  return { ...ended, folder: told.folder, soaked: told.soaks?.[0] }
}

test('a soak that is too short to tell is inconclusive, and each of its windows can be judged again', async () => {
  const { exitCode, stderr, folder, soaked } = await soak(['--duration', '12s', '--seed', '3', '--keep-windows', '2'])
  expect([exitCode, soaked?.outcome], stderr).toEqual([3, 'inconclusive'])
  const { windows, readings, faults, judged, operations, runners } = savedAt(folder)
  expect(windows.length).toBeGreaterThanOrEqual(3)
  expect(soaked?.windows).toBe(windows.length)
  expect(windows.map(({ number }) => number)).toEqual(windows.map((_, at) => at + 1))
  expect(windows.slice(1).flatMap(({ carried }) => carried.length)).toContain(2)
  expect(faults.healed).toBe(windows.reduce((sum, each) => sum + each.opened.length, 0))
  expect([operations.ok > 100, faults.healed > 0, readings.length > 0, runners.length]).toEqual([true, true, true, 1])
  expect(readings.some(({ retainedBytes = 0 }) => retainedBytes > 1_000_000)).toBe(true)
  expect(judged.availability).toEqual({ valid: windows.length, invalid: 0, unknown: 0 })
  // The spared node's process is the one that it began with.
  const lives = new Set(readings.filter(({ node }) => node === windows[0]?.spared).map(({ life }) => life))
  expect(lives.size).toBe(1)

  const kept = readdirSync(join(repositoryRoot, folder, 'echo')).filter((name) => name.startsWith('window-'))
  expect(kept.sort()).toEqual([windows.length - 1, windows.length].map((number) => `window-${number}`).sort())
  const again = await breakwater(['judge', join(folder, 'echo', `window-${windows.length}`), '--json'])
  expect(JSON.parse(again.stdout)).toMatchObject({ verdict: 'valid' })
  const run = JSON.parse(readFileSync(join(repositoryRoot, folder, 'run.json'), 'utf8')) as object
  expect(run).toMatchObject({ totals: { inconclusive: 1 } })
})

test('what an earlier window left and is lost later ends the soak at once', async () => {
  const env = { SELF_TEST_LOSES_AFTER: '2' }
  const { exitCode, folder, soaked, stderr } = await soak(['--duration', '60s', '--seed', '4'], env)
  expect([exitCode, soaked?.outcome], stderr).toEqual([1, 'failed'])
  expect(soaked?.elapsedMs).toBeLessThan(45_000)
  expect(savedAt(folder).findings).toEqual(soaked?.findings)
  const [finding] = soaked?.findings ?? []
  expect(finding).toMatchObject({
    by: 'carried',
    message: expect.stringMatching(/what window \d left in text is not there/),
  })
  expect(existsSync(join(repositoryRoot, folder, 'echo', `window-${finding?.window}`, 'history.jsonl'))).toBe(true)
  expect((await breakwater(['soak', '--resume', folder, '--system', system])).stderr).toContain(
    'there is nothing to go on with',
  )
})

test('a runner that was killed leaves nothing running, and another one goes on at the next window', async () => {
  const label = `soak-${process.pid}`
  const runner = start(words('--duration', '24s', '--seed', '5'), { SELF_TEST: label })
  let said = ''
  runner.stdout.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const folder = () => /artifacts in (\S+)/.exec(said)?.[1]
  await awaitReading({
    what: 'a window to be over',
    budget: 60_000,
    probe: () => {
      const at = folder()
      return at && existsSync(join(repositoryRoot, at, 'echo', 'soak.json')) ? savedAt(at).nextWindow : 0
    },
    until: (next) => next >= 2,
  })
  runner.kill('SIGKILL')
  await runner
  await awaitReading({
    what: 'every node to be gone',
    budget: 5_000,
    probe: () => nodesOf(label),
    until: (count) => count === 0,
  })
  const at = folder() ?? ''
  const before = savedAt(at)
  expect(before.outcome).toBe('underWay')
  const { exitCode, stderr } = await breakwater(['soak', '--resume', at, '--system', system, '--json'])
  expect(exitCode, stderr).toBe(3)
  const after = savedAt(at)
  expect(after.runners).toHaveLength(2)
  expect(after.runners[1]).toMatchObject({
    firstWindow: before.nextWindow,
    lost: expect.stringContaining(`window ${before.nextWindow}, which was under way`),
  })
  expect(after.windows.slice(0, before.windows.length)).toEqual(before.windows)
  expect(after.windows.map(({ number }) => number)).toEqual(after.windows.map((_, index) => index + 1))
  expect(after.operations.ok).toBeGreaterThan(before.operations.ok)
  expect(new Set(after.windows.map(({ seed }) => seed)).size).toBe(after.windows.length)
})

test('an interrupted soak ends in order and says how to go on', async () => {
  const label = `soak-int-${process.pid}`
  const runner = start(words('--duration', '1h'), { SELF_TEST: label })
  await awaitReading({
    what: 'nodes to run',
    budget: 60_000,
    probe: () => nodesOf(label),
    until: (count) => count > 0,
  })
  runner.kill('SIGINT')
  const { exitCode, stdout } = await runner
  expect(exitCode).toBe(130)
  expect(stdout).toMatch(/interrupted .*soak of/)
  const folder =
    /Go on: npx breakwater soak --resume (\S+) --system selfTests\/samples\/echo\/exploration\.ts\n?/.exec(
      stdout,
    )?.[1] ?? ''
  expect(existsSync(join(repositoryRoot, folder, 'echo', 'report.html')), stdout).toBe(true)
  expect(nodesOf(label)).toBe(0)
})

test('a soak without an end, of a system that is not to be soaked, or of a folder without one is refused', async () => {
  const refused = async (...more: string[]) => {
    const { exitCode, stderr } = await breakwater(['soak', ...more])
    return [exitCode, stderr]
  }
  expect(await refused()).toEqual([2, expect.stringContaining('Say how long to soak')])
  expect(await refused('--duration', 'soon')).toEqual([2, expect.stringContaining('90s, 8h')])
  expect(await refused('--duration', '1m', '--system', 'nobody')).toEqual([
    2,
    expect.stringContaining('no exploration of "nobody"'),
  ])
  expect(await refused('--resume', 'docs')).toEqual([2, expect.stringContaining('holds no soak.json')])
})
