import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { howToRun } from './howToRun.ts'
import type { NodePlan, System } from './system.ts'

const endpoint = { host: '127.9.9.1', port: 9001 }
const plan: NodePlan = {
  name: 'n1',
  index: 1,
  bind: endpoint,
  reach: endpoint,
  advertised: { ...endpoint, port: 9000 },
  dataFolder: '/data/n1',
}
const system = (change: Partial<System> = {}): System => ({
  name: 'pond',
  process: ({ bind }) => ({ command: ['pond', '--port', String(bind.port)], env: { POND_HOST: bind.host } }),
  ready: async () => true,
  client: () => ({}),
  abilities: {},
  ...change,
})
const none = { limits: {}, shared: [] }

let cache: string

beforeEach(() => {
  cache = join(mkdtempSync(join(tmpdir(), 'breakwater-cache-')), 'compiled')
  vi.stubEnv('NODE_COMPILE_CACHE', cache)
})
afterEach(() => {
  rmSync(join(cache, '..'), { recursive: true, force: true })
  vi.unstubAllEnvs()
})

test('as a process a system gets its own command and environment, and nothing else', async () => {
  expect(await howToRun('process', system(), plan, none)).toEqual({
    command: ['pond', '--port', '9001'],
    env: { POND_HOST: '127.9.9.1' },
  })
  expect(existsSync(cache)).toBe(false)
})

test('preloads come in through NODE_OPTIONS, also from folders with a space, with a compile cache that is there', async () => {
  const node = system({
    process: () => ({ command: ['node'], env: {}, preloads: ['/a b/fs.ts', '/a b/net.ts'] }),
  })
  expect((await howToRun('process', node, plan, none)).env).toEqual({
    NODE_OPTIONS: '--require "/a b/fs.ts" --require "/a b/net.ts"',
    NODE_COMPILE_CACHE: cache,
  })
  expect(existsSync(cache)).toBe(true)
})

test.each([{ memoryLimitBytes: 1 }, { cpus: 0.5 }])(
  'processes have no limit by the kernel, so %j is refused',
  async (limits) => {
    await expect(howToRun('process', system(), plan, { limits, shared: [] })).rejects.toThrow(
      new RegExp(`${Object.keys(limits)[0]}.*--runtime docker\\. \\[PLATFORM_LACKS\\]$`),
    )
  },
)

test('a limit that is not set limits nothing', async () => {
  const how = await howToRun('process', system(), plan, { limits: { cpus: undefined } as object, shared: [] })
  expect(how.command[0]).toBe('pond')
})

test('a system that does not say how it runs in a container does not run in one', async () => {
  await expect(howToRun('docker', system(), plan, none)).rejects.toThrow(
    /The system pond does not say.*\[ABILITY_MISSING\]$/,
  )
})

test('a container inherits what is meant for the nodes, and of that what the system sets wins', async () => {
  vi.stubEnv('BREAKWATER_KNOWN_BAD', 'cursor-ahead')
  vi.stubEnv('POND_KNOB', 'from outside')
  vi.stubEnv('POND_HOST', 'from outside')
  vi.stubEnv('OTHER_KNOB', 'not meant')
  const boxed = system({ container: () => ({ image: 'pond:1', env: { POND_HOST: '0.0.0.0' } }) })
  const { env, command } = await howToRun('docker', boxed, plan, none)
  expect(env).toEqual({ BREAKWATER_KNOWN_BAD: 'cursor-ahead', POND_KNOB: 'from outside', POND_HOST: '0.0.0.0' })
  expect(command).toEqual([])
})

test('a container sees what is shared with it, the compile cache where it needs one, and its limits', async () => {
  const spec = { image: 'pond:1', command: ['serve'], env: {}, ramDisks: { '/small': 4_096 } }
  const how = (preloads?: string[]) =>
    howToRun('docker', system({ container: () => (preloads ? { ...spec, preloads } : spec) }), plan, {
      limits: { memoryLimitBytes: 1_000, cpus: 0.2 },
      shared: [plan.dataFolder, '/run/n1.sock'],
    })
  expect(await how()).toMatchObject({
    command: ['serve'],
    container: { image: 'pond:1', memoryLimitBytes: 1_000, cpus: 0.2, ramDisks: { '/small': 4_096 } },
  })
  expect((await how()).container?.shared).toEqual([plan.dataFolder, '/run/n1.sock'])
  expect((await how(['/app/preload.ts'])).container?.shared).toEqual([plan.dataFolder, '/run/n1.sock', cache])
})

test('what is meant for a system whose name is of two words has an underscore between them', async () => {
  vi.stubEnv('DUCK_POND_KNOB', 'from outside')
  const boxed = system({ name: 'duckPond', container: async () => ({ image: 'pond:1', env: {} }) })
  expect((await howToRun('docker', boxed, plan, none)).env).toEqual({ DUCK_POND_KNOB: 'from outside' })
})
