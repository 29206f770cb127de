import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import { MiB } from '../base/units.ts'
import { MemoryProbe } from './memory.ts'

const spikeBytes = 200 * MiB
const budgetMs = 10_000

/** On each line it takes 200 MiB, gives them back before anything else can run, and says so. */
const spiker = `
  process.stdin.on('data', () => {
    let block = Buffer.alloc(${spikeBytes}, 1)
    block = undefined
    gc()
    console.log('freed')
  })
  console.log('up')
`

let target: ChildProcess
let lines: Interface
const probes: MemoryProbe[] = []

beforeEach(async () => {
  target = spawn(process.execPath, ['--expose-gc', '-e', spiker], { stdio: ['pipe', 'pipe', 'inherit'] })
  lines = createInterface({ input: target.stdout as NodeJS.ReadableStream })
  await once(lines, 'line')
})

afterEach(async () => {
  for (const probe of probes.splice(0)) probe.close()
  await end()
})

function watch(options?: ConstructorParameters<typeof MemoryProbe>[1]): MemoryProbe {
  const probe = new MemoryProbe(target.pid as number, options)
  probes.push(probe)
  return probe
}

async function spike(): Promise<void> {
  target.stdin?.write('spike\n')
  await once(lines, 'line')
}

async function end(): Promise<void> {
  if (target.exitCode !== null || target.signalCode !== null) return
  target.kill('SIGKILL')
  await once(target, 'exit')
}

test('a spike that comes and goes between two samples is in the peak', async () => {
  const probe = watch({ everyMs: 60_000 })
  probe.start()
  const before = probe.rssBytes()
  await spike()
  expect(probe.rssBytes()).toBeLessThan(before + spikeBytes / 2)
  expect(Math.max(...probe.samples.map((sample) => sample.rssBytes))).toBeLessThan(before + spikeBytes / 2)
  expect(probe.peakBytes()).toBeGreaterThanOrEqual(before + spikeBytes * 0.98)
})

test('a reset peak forgets what was before, and sees what comes after', async () => {
  const probe = watch()
  await spike()
  expect(probe.peakBytes()).toBeGreaterThan(spikeBytes)
  probe.resetPeak()
  expect(probe.peakBytes()).toBeLessThan(spikeBytes)
  await spike()
  expect(probe.peakBytes()).toBeGreaterThan(spikeBytes)
})

test('samples come at their pace and the longest gap between them is told', async () => {
  const probe = watch({ everyMs: 10 })
  probe.start()
  await samples(probe, 30)
  probe.stop()
  const times = probe.samples.map((sample) => sample.atMs)
  const gapsMs = times.slice(1).map((atMs, at) => atMs - (times[at] as number))
  expect(gapsMs.toSorted((one, other) => one - other)[Math.floor(gapsMs.length / 2)]).toBeLessThan(20)
  expect(probe.longestGapMs()).toBeGreaterThanOrEqual(Math.max(...gapsMs))
  const count = probe.samples.length
  probe.sample()
  expect(probe.samples.length).toBe(count + 1)
})

test('probes of different paces share a timer and keep their own pace', async () => {
  const [fast, slow] = [watch({ everyMs: 5 }), watch({ everyMs: 50 })]
  fast.start()
  slow.start()
  await samples(slow, 6)
  expect(fast.samples.length).toBeGreaterThan(2 * slow.samples.length)
  fast.stop()
  await samples(slow, 8)
})

test('a stall of this process is told as a gap', async () => {
  const probe = watch({ everyMs: 10 })
  probe.start()
  const stalledUntil = performance.now() + 120
  while (performance.now() < stalledUntil);
  expect(probe.longestGapMs()).toBeGreaterThanOrEqual(120)
})

test('the last known peak outlives the process', async () => {
  const probe = watch({ everyMs: 10 })
  probe.start()
  await spike()
  const peak = probe.peakBytes()
  await end()
  expect(probe.rssBytes()).toBe(0)
  expect(probe.gone).toBe(true)
  expect(probe.peakBytes()).toBe(peak)
  expect(() => probe.resetPeak()).toThrow(/cannot be reset: it has ended\. \[NODE_EXITED\]/)
})

test('a process that was gone from the start has no peak: a 0 would satisfy every ceiling', async () => {
  await end()
  const probe = watch()
  probe.start()
  expect(probe.samples).toEqual([])
  expect(() => probe.peakBytes()).toThrow(/INCONCLUSIVE/)
})

function samples(probe: MemoryProbe, count: number): Promise<number> {
  return awaitReading({
    what: `${count} samples`,
    budget: budgetMs,
    probe: () => probe.samples.length,
    until: (length) => length >= count,
  })
}
