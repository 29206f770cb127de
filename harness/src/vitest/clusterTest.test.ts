import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { readJournal } from '../history/readJournal.ts'
import { clusterTest } from './clusterTest.ts'

// Read when the module is loaded, as it finds them in a process that the command line started.
const runFolder = await vi.hoisted(async () => {
  const { mkdtempSync } = await import('node:fs')
  const { tmpdir } = await import('node:os')
  const folder = mkdtempSync(`${tmpdir()}/breakwater-run-`)
  Object.assign(process.env, {
    BREAKWATER_SEED: '71',
    BREAKWATER_RUN_FOLDER: folder,
    BREAKWATER_REPEAT: '2',
    BREAKWATER_RUNTIME: 'process',
    BREAKWATER_KEEP: '0',
  })
  return folder
})
afterAll(() => rmSync(runFolder, { recursive: true, force: true }))

const stays = ['/bin/sh', '-c', 'echo up; exec sleep 60']
const seen: { pid?: number } = {}

clusterTest(
  'DOOR-1 a guard gets the seed, the folder and the runtime of its run',
  async ({ seed, run, startCluster }) => {
    expect(seed.value).toBe(71)
    expect(run.seed).toBe(seed)
    expect(run.id).toBe('DOOR-1')
    expect(run.folder).toBe(join(runFolder, 'DOOR-1.2'))
    const cluster = await startCluster({
      system: {
        name: 'sleeper',
        process: () => ({ command: stays, env: {} }),
        ready: async () => true,
        client: () => ({}),
        abilities: {},
      },
      nodes: 1,
    })
    expect((await run.runtime()).name).toBe('process')
    seen.pid = cluster.nodes[0].life.pid
  },
)

test('when the body is over, its nodes are gone and the guard is written down', () => {
  expect(() => process.kill(seen.pid as number, 0)).toThrow('ESRCH')
  const guard = JSON.parse(readFileSync(join(runFolder, 'DOOR-1.2', 'guard.json'), 'utf8'))
  expect(guard).toMatchObject({
    id: 'DOOR-1',
    seed: 71,
    nodes: [{ name: 'n1', incarnations: [{ exit: { asked: true } }] }],
  })
  expect(readJournal(join(runFolder, 'DOOR-1.2', 'history.jsonl')).complete).toBe(true)
})

clusterTest('DOOR-2 what the runtime can do is no reason not to run', async ({ requires }) => {
  await requires('pause', 'linkProxy')
})
