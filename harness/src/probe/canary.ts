import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { awaitReading } from '../base/awaitReading.ts'
import { HarnessError } from '../base/errors.ts'
import { LineSplitter } from './lineSplitter.ts'

/** What a process beside the run saw of this machine in a stretch of time. */
export interface HostReading {
  /** The longest time in which a process that was due did not get to run, ms. */
  longestStallMs: number
  /** How many readings lie in the stretch: with none, nothing is known. */
  readingCount: number
  /** How many threads wanted to run on average, for each of the host's cores; absent where the kernel does not tell. */
  runnablePerCore?: number
  /** The share of the host's time that its hypervisor took. */
  stealRatio?: number
  /** Pressure, steal and run queue, where the kernel tells them, for a message. */
  load?: string
}

interface CanaryLine {
  atMs: number
  longestMs: number
  waitedMs: Record<string, number>
  stealMs?: number
  runnable?: number
}

const program = fileURLToPath(new URL('./canaryProgram.js', import.meta.url))
const startBudgetMs = 10_000
/** The line that covers the end of a stretch comes 100 ms later; a host that stalls makes it wait. */
const lineBudgetMs = 5_000
/** An hour of lines. */
const mostLines = 36_000

export interface CanaryOptions {
  /** Added to its environment: the tag by which a watchdog knows what to end. */
  env?: Readonly<Record<string, string>>
}

/**
 * A process beside the run, in a group of its own, that does nothing but wake up: what makes it late makes everything late. It
 * ends when this process does.
 */
export class Canary {
  readonly #child: ChildProcess
  readonly #lines: CanaryLine[] = []

  private constructor(child: ChildProcess) {
    this.#child = child
    const splitter = new LineSplitter()
    child.stdout?.on('data', (chunk: Buffer) => {
      for (const line of splitter.push(chunk)) this.#lines.push(JSON.parse(line) as CanaryLine)
      if (this.#lines.length > mostLines) this.#lines.splice(0, mostLines / 10)
    })
  }

  /** Resolves when it watches. */
  static async start({ env = {} }: CanaryOptions = {}): Promise<Canary> {
    const { NODE_OPTIONS: _ours, NODE_V8_COVERAGE: _coverage, ...inherited } = process.env
    const child = spawn(process.execPath, [program], {
      detached: true,
      cwd: '/',
      env: { ...inherited, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const failed = once(child, 'error').then(([cause]) => {
      throw new HarnessError('COMMAND_NOT_FOUND', 'The canary beside the run cannot be started.', { cause })
    })
    const canary = new Canary(child)
    child.stdin?.on('error', () => {}) // it has ended: its lines stop, and windows without lines say so
    child.unref()
    for (const pipe of [child.stdin, child.stdout]) (pipe as Socket | null)?.unref()
    const first = awaitReading({
      what: 'the canary beside the run to give its first reading',
      budget: startBudgetMs,
      probe: () => canary.#lines.length,
      until: (count) => count > 0,
    })
    try {
      await Promise.race([first, failed])
    } catch (error) {
      await canary.close()
      throw error
    }
    failed.catch(() => {})
    return canary
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** What it saw from one time to another, ms since the epoch. Waits for the line that covers the end. */
  async between(fromMs: number, toMs: number): Promise<HostReading> {
    const covers = () => (this.#lines.at(-1)?.atMs ?? 0) >= toMs
    const hasEnded = () => this.#child.exitCode !== null || this.#child.signalCode !== null
    try {
      await awaitReading({
        what: 'the canary to tell of the end of a window',
        budget: lineBudgetMs,
        probe: () => covers() || hasEnded(),
        until: (told) => told,
        everyMs: 5,
      })
    } catch (error) {
      if (!(error instanceof HarnessError && error.code === 'BUDGET_SPENT')) throw error
    }
    if (!covers()) return { longestStallMs: 0, readingCount: 0 }
    const first = this.#lines.findIndex(({ atMs }) => atMs > fromMs)
    const last = this.#lines.findIndex(({ atMs }) => atMs >= toMs)
    const lines = this.#lines.slice(first, last + 1)
    const before = this.#lines[first - 1] ?? lines[0]!
    const load = describeLoad(before, lines)
    return {
      longestStallMs: Math.max(...lines.map(({ longestMs }) => longestMs)),
      readingCount: lines.length,
      ...starvation(before, lines),
      ...(load === '' ? {} : { load }),
    }
  }

  async close(): Promise<void> {
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    // From here on somebody waits for it.
    this.#child.ref()
    const exit = once(this.#child, 'exit')
    // Also one that is stopped.
    this.#child.kill('SIGKILL')
    await exit
  }
}

function starvation(
  before: CanaryLine,
  lines: readonly CanaryLine[],
): Pick<HostReading, 'runnablePerCore' | 'stealRatio'> {
  const after = lines.at(-1)!
  const cores = availableParallelism()
  const runnable = lines.flatMap((line) => line.runnable ?? [])
  const elapsedMs = after.atMs - before.atMs
  return {
    ...(runnable.length === 0
      ? {}
      : { runnablePerCore: runnable.reduce((sum, count) => sum + count, 0) / runnable.length / cores }),
    ...(after.stealMs === undefined || before.stealMs === undefined || elapsedMs <= 0
      ? {}
      : { stealRatio: (after.stealMs - before.stealMs) / cores / elapsedMs }),
  }
}

/** "cpu pressure 43 %, io pressure 1 %, steal 0 %, up to 7 threads wanted to run" */
function describeLoad(before: CanaryLine, lines: readonly CanaryLine[]): string {
  const after = lines.at(-1)!
  const elapsedMs = after.atMs - before.atMs
  if (elapsedMs <= 0) return ''
  const percent = (ms: number) => `${Math.round((ms / elapsedMs) * 100)} %`
  const runnable = Math.max(...lines.map((line) => line.runnable ?? 0))
  return [
    ...Object.entries(after.waitedMs).map(
      ([resource, ms]) => `${resource} pressure ${percent(ms - (before.waitedMs[resource] ?? ms))}`,
    ),
    ...(after.stealMs === undefined ? [] : [`steal ${percent(after.stealMs - (before.stealMs ?? after.stealMs))}`]),
    ...(runnable > 0 ? [`up to ${runnable} threads wanted to run`] : []),
  ].join(', ')
}
