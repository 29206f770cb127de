import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { Seed } from '../base/seed.ts'
import { constant } from './arrivals.ts'
import { type LoadOptions, runLoad } from './load.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwater-threads-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function moduleOf(name: string, source: string): string {
  const path = join(folder, `${name}.mjs`)
  writeFileSync(path, source)
  return pathToFileURL(path).href
}

const counting = moduleOf(
  'counting',
  `export const openScenarios = ({ waitMs }) => ({
    scenarios: [{ name: 'call', run: (user) => user.step('ask', async () => {
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      if (user.number % 4 === 0) throw Object.assign(new Error('no'), { outcome: 'fail', status: 503 })
    }) }],
    close: () => new Promise((resolve) => setTimeout(resolve, 1)),
  })`,
)

function load(module: string, options: Partial<LoadOptions> = {}) {
  return runLoad({
    name: 'load',
    seed: new Seed(71),
    windows: 1,
    repeats: 0,
    loop: { arrivals: constant(1_000) },
    windowMs: 200,
    scenarios: { module, data: { waitMs: 2 }, threads: 2 },
    ...options,
  })
}

test('two threads share one schedule: every arrival is started once, and their counts are merged', async () => {
  const result = await load(counting)
  expect(result.threads).toBe(2)
  expect(result.total()).toMatchObject({ runs: 200, failCount: 50, reasons: { 'status 503': 50 } })
  expect(result.of('call/ask').windows[0]?.quantile(0.5)).toBeGreaterThanOrEqual(1.5)
})

test('users are divided among the threads', async () => {
  const result = await load(counting, { loop: { users: 3 }, mostRuns: 30, windowMs: 20_000 })
  expect(result.total().runs).toBe(30)
})

test('a thread more is started while the generator is saturated', async () => {
  const busy = moduleOf(
    'busy',
    `export const openScenarios = () => ({ scenarios: [{ name: 'busy', run: async () => {
      const until = process.threadCpuUsage().user + 3_000
      while (process.threadCpuUsage().user < until);
    } }] })`,
  )
  const loop = { arrivals: constant(2_000) }
  const result = await load(busy, { scenarios: { module: busy }, loop, mostRuns: 60, repeats: 1 })
  expect(result.runs).toHaveLength(2)
  expect(result.threads).toBe(2)
})

test('a module without scenarios is told of by its name', async () => {
  const empty = moduleOf('empty', 'export const nothing = 1')
  await expect(load(empty)).rejects.toThrow(
    /A load thread broke: .*empty\.mjs gave no scenarios: openScenarios is not a function/,
  )
})

test('a thread that dies in the middle ends the load with what it died of', async () => {
  const dying = moduleOf(
    'dying',
    `export const openScenarios = () => ({ scenarios: [{ name: 'call', run: async () => process.exit(3) }] })`,
  )
  await expect(load(dying)).rejects.toThrow('it ended with exit code 3')
})

test('a load in threads that is told to stop stops', async () => {
  const over = new AbortController()
  const result = await load(counting, {
    windowMs: 60_000,
    signal: over.signal,
    onProgress: ({ runs }) => runs > 20 && over.abort(),
  })
  expect(result.total().runs).toBeGreaterThan(20)
  expect(result.total().runs).toBeLessThan(30_000)
})
