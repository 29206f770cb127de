/**
 * Guarantee  What lies in a run folder of somebody else is data: it is never run, loaded, or followed out of the folder.
 * Method     Folders with a plan.json, soak.json, run.json or guard.json made to do harm are replayed, gone on with and reported.
 * Fault bit  The module that a plan names leaves a file when it is loaded; named by the user it is loaded, and does.
 * Known bad  None: the harness is under test here. Each was seen to do its harm before.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Seed } from '@breakwater/harness'
import { expect, test } from 'vitest'
import { exploration as peer } from '../fixtures/systems/peer/exploration.ts'
import { exploration as vectord } from '../fixtures/systems/vectord/exploration.ts'
import type { Exploration } from '../harness/src/explore/exploration.ts'
import { demandDrawable, drawPlan, readPlan, savePlan } from '../harness/src/explore/plan.ts'
import type { Capability } from '../harness/src/runtime/runtime.ts'
import { breakwater, inFolder } from './breakwater.ts'

const can = new Set<Capability>(['faultPreload', 'pause', 'clockOffset', 'firewall'])
const explorations = { peer: peer as unknown as Exploration, vectord: vectord as unknown as Exploration }
const planOf = (system: keyof typeof explorations, seed = 71) =>
  drawPlan(explorations[system], new Seed(seed), { system, runtime: 'process', can })

/** Of the peer, interrupted in its first window. */
const soak = {
  ...{ version: 1, system: 'peer', seed: 71, runtime: 'process', nodes: 3, durationMs: 60_000, windowMs: 5_000 },
  ...{ ratePerSecond: 200, keepWindows: 3, mostDiskBytes: 1e9, warmUpMs: 18_000, elapsedMs: 0, nextWindow: 1 },
  ...{ settings: { PEER_SEGMENT_BYTES: '65536' }, shares: { mixed: 6, ledger: 1 }, outcome: 'interrupted' },
  runners: [{ startedAt: '2026-06-01T08:00:00.000Z', firstWindow: 1 }],
  operations: { ok: 0, fail: 0, info: 0 },
  faults: { healed: 0, withoutEffect: 0, notOpened: 0, families: {} },
  ...{ windows: [], readings: [], judged: {}, states: [], verdicts: [], findings: [], diskBytes: 0 },
}

test('every plan that is drawn for the systems here is taken back', async () => {
  await inFolder(async (folder) => {
    for (const system of ['peer', 'vectord'] as const) {
      for (let seed = 0; seed < 200; seed++) {
        savePlan(folder, planOf(system, seed))
        expect(readPlan(folder)).toEqual(planOf(system, seed))
        demandDrawable(readPlan(folder), explorations[system], folder)
      }
    }
  })
})

/** Refused as bad usage: exit code 2 and one sentence. */
async function refused(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await breakwater(words)
  expect([exitCode, stdout], stderr).toEqual([2, ''])
  expect(stderr).toMatch(/^[^\n]+\[BAD_USAGE\]\S*\n?$/)
  return stderr
}

test('no module is loaded because a run folder names it, only if its user names it too', async () => {
  await inFolder(async (folder) => {
    const [path, mark] = [join(folder, 'exploration.ts'), join(folder, 'loaded')]
    writeFileSync(path, `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(mark)}, '')\n`)
    writeFileSync(join(folder, 'plan.json'), JSON.stringify({ ...planOf('peer'), system: path }))
    writeFileSync(join(folder, 'soak.json'), JSON.stringify({ ...soak, system: path }))
    expect(await refused('replay', folder)).toMatch(/plan\.json names the system ".*this project knows: peer, vectord/)
    expect(await refused('soak', '--resume', folder)).toMatch(/soak\.json names the system ".*--system/)
    expect(existsSync(mark)).toBe(false)
    expect(await refused('replay', folder, '--system', path)).toMatch(/exports no "exploration"/)
    expect(existsSync(mark)).toBe(true)
  })
})

test.each<[string, object, RegExp]>([
  ['sets options of Node.js', { settings: { NODE_OPTIONS: '--require /tmp/evil.js' } }, /sets "NODE_OPTIONS"/],
  ['names a build that is none', { build: 'no-such-build' }, /no known-bad build "no-such-build"/],
  ['names a build by a path', { build: 'delete-resurrected,../../evil' }, /no known-bad build "\.\.\/\.\.\/evil"/],
])('a plan or a soak that %s is bad usage', async (_, change, message) => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, 'plan.json'), JSON.stringify({ ...planOf('peer'), ...change }))
    expect(await refused('replay', folder)).toMatch(message)
    writeFileSync(join(folder, 'soak.json'), JSON.stringify({ ...soak, ...change }))
    expect(await refused('soak', '--resume', folder)).toMatch(message)
  })
})

test.each(['plan', 'soak', 'run'])('a %s.json that is torn is bad usage', async (name) => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, `${name}.json`), '{"version":1,')
    const words = name === 'soak' ? ['soak', '--resume'] : ['replay']
    expect(await refused(...words, folder)).toMatch(new RegExp(`${name}\\.json cannot be .*JSON`))
  })
})

test.each<[string, string, RegExp]>([
  ['has guards that are none', '{"version":1,"seed":1,"guards":[7]}', /guards\[0\] is no object/],
  ['has a seed for a shell', '{"version":1,"seed":"$(id)","guards":[]}', /seed must be a whole number/],
])('a run that %s is not replayed', async (_, text, message) => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, 'run.json'), text)
    expect(await refused('replay', folder)).toMatch(message)
  })
})

test('a report takes in no file from outside the run', async () => {
  await inFolder(async (folder) => {
    const guard = join(folder, 'run', 'PEER-1')
    mkdirSync(guard, { recursive: true })
    writeFileSync(join(folder, 'secret.log'), '{"level":"error","message":"the secret of this machine"}\n')
    for (const log of ['../../secret.log', join(folder, 'secret.log')]) {
      const nodes = [{ name: 'n1', incarnations: [{ incarnation: 1, startedAtMs: 1, log }] }]
      const summary = { id: 'PEER-1', title: 'PEER-1', seed: 1, checks: [], faults: [], nodes }
      writeFileSync(join(guard, 'guard.json'), JSON.stringify(summary))
      const { exitCode, stderr } = await breakwater(['report', guard])
      expect(exitCode, stderr).toBe(0)
      const page = readFileSync(join(guard, 'report.html'), 'utf8')
      expect(page).not.toContain('the secret of this machine')
      expect(page).toContain('is none of its run')
    }
  })
})
