/** What it costs to watch memory from outside, and what the watching sees. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { after } from '../harness/src/base/clock.ts'
import { MiB } from '../harness/src/base/units.ts'
import { MemoryProbe } from '../harness/src/probe/memory.ts'
import type { BenchRow } from './row.ts'

const processCount = 5
const everyMs = 10
const windowMs = 3_000
const spikeMiB = 200
const spikeMs = 245
/** Pages come and go besides the spike: 5 % of it may be missing. */
const seenMiB = spikeMiB * 0.95

/** Holds 200 MiB for 245 ms on each line and says when they are given back. */
const spiker = `
  process.stdin.on('data', () => {
    let block = Buffer.alloc(${spikeMiB * MiB}, 1)
    setTimeout(() => {
      block = undefined
      gc()
      console.log('freed')
    }, ${spikeMs})
  })
  console.log('up')
`

interface Target {
  child: ChildProcess
  pid: number
  lines: Interface
}

export async function benchMemory(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-bench-'))
  const targets: Target[] = []
  try {
    for (let count = 0; count < processCount; count++) targets.push(await startTarget())
    return [await samplingCost(targets, folder), ...(await spikeSeen(targets[0] as Target))]
  } finally {
    for (const { child } of targets) child.kill('SIGKILL')
    await Promise.all(targets.map(({ child }) => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startTarget(): Promise<Target> {
  const child = spawn(process.execPath, ['--expose-gc', '-e', spiker], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  await once(lines, 'line')
  return { child, pid: child.pid as number, lines }
}

/** As the process runtime does it: in memory and on disk. */
async function samplingCost(targets: Target[], folder: string): Promise<BenchRow> {
  const probes = targets.map(({ pid }, at) => {
    return new MemoryProbe(pid, { everyMs, samplePath: join(folder, `${at}.jsonl`) })
  })
  const idle = await coreShare()
  for (const probe of probes) probe.start()
  const sampling = await coreShare()
  for (const probe of probes) probe.close()
  const value = (sampling - idle) * 100
  return {
    name: `memory samples of ${processCount} processes at ${everyMs} ms`,
    value,
    unit: '% of one core',
    goal: 'below 3',
    met: value < 3 && probes.every((probe) => probe.samples.length > windowMs / everyMs / 2),
    reference: { name: 'idle runner', value: idle * 100 },
  }
}

/** The part of one core that this process used during the window. */
async function coreShare(): Promise<number> {
  const startedAt = performance.now()
  const before = process.cpuUsage()
  await after(windowMs)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / (performance.now() - startedAt)
}

async function spikeSeen(target: Target): Promise<BenchRow[]> {
  const fast = new MemoryProbe(target.pid, { everyMs })
  const slow = new MemoryProbe(target.pid, { everyMs: 500 })
  const restMiB = fast.rssBytes() / MiB
  fast.resetPeak()
  fast.start()
  slow.start()
  target.child.stdin?.write('spike\n')
  await once(target.lines, 'line')
  const markMiB = fast.peakBytes() / MiB - restMiB
  const [curveMiB, slowMiB] = [fast, slow].map(
    (probe) => Math.max(...probe.samples.map((sample) => sample.rssBytes)) / MiB - restMiB,
  ) as [number, number]
  fast.close()
  slow.close()
  const reference = { name: '500 ms samples', value: slowMiB }
  return [['the kernel mark', markMiB] as const, [`${everyMs} ms samples`, curveMiB] as const].map(([seer, value]) => ({
    name: `a spike of ${spikeMiB} MiB for ${spikeMs} ms as seen by ${seer}`,
    value,
    unit: 'MiB',
    goal: `at least ${seenMiB}`,
    met: value >= seenMiB,
    reference,
  }))
}
