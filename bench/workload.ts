import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from './peerCluster.ts'
import type { BenchRow } from './row.ts'

/** What a generator's process tells at its end. */
export interface GeneratorReport {
  requests: number
  failed: number
  cpuMs: number
  p999Ms: number
  lagP99Ms?: number
}

const run = promisify(execFile)
const pairCount = 6
/** By count, not by time: on a busy machine a short time would measure how code is compiled. */
const warmUpRequests = 5_000
const requests = 20_000
const longestMs = 120_000
const wrkSeconds = 2
const goalRatio = 1.2
const noWrk = { skipped: 'wrk is not installed (apt-get install wrk)' }
/** A twentieth of its requests are due during the stall; of a closed loop over 10 connections only 10 of 20 000 are. */
const openLoop = { arrivals: { type: 'constant', perSecond: 500 } }
const stallRunSeconds = 10
const stallAfter = 1_000
const stallSeenMs = 400

/** What our generator costs beside autocannon and wrk, and who shows a stall. A minute and a half. */
export async function benchWorkload(): Promise<BenchRow[]> {
  return [...(await cost()), ...(await stall())]
}

/** The two take turns on the same server, so that a machine that slows down slows both. */
async function cost(): Promise<BenchRow[]> {
  await using server = await startServer()
  const ours: number[] = []
  const theirs: number[] = []
  const wrks: number[] = []
  const ratios: number[] = []
  for (let pair = 0; pair < pairCount; pair++) {
    const arms = [() => oursClosed(server.origin), () => autocannon(server.origin)]
    const order = pair % 2 === 0 ? [0, 1] : [1, 0]
    const micros: number[] = []
    for (const arm of order) micros[arm] = microsPerRequest(await arms[arm]!())
    ours.push(micros[0]!)
    theirs.push(micros[1]!)
    ratios.push(micros[0]! / micros[1]!)
    const wrk = await wrkMicros(server.origin)
    if (wrk !== undefined) wrks.push(wrk)
  }
  const ratio = median(ratios)
  return [
    {
      name: 'CPU per request, closed loop over 10 connections',
      value: median(ours),
      unit: 'us',
      goal: `<= ${goalRatio} times autocannon`,
      met: ratio <= goalRatio,
      reference: { name: 'autocannon', value: median(theirs) },
      ratio,
    },
    {
      name: 'the same beside wrk',
      value: wrks.length === 0 ? Number.NaN : median(ours),
      unit: 'us',
      goal: 'no bound of its own',
      ...(wrks.length === 0
        ? noWrk
        : { reference: { name: 'wrk', value: median(wrks) }, ratio: median(ours) / median(wrks) }),
    },
  ]
}

async function stall(): Promise<BenchRow[]> {
  const open = await withStall((origin) => ours(origin, openLoop, stallRunSeconds * 1_000, requests))
  const closed = await withStall((origin) => autocannon(origin, 0))
  const wrkP999Ms = await withStall(wrkP999)
  return [
    {
      name: `p99.9 of an open loop at 500/s over ${stallRunSeconds} s with a stall of 500 ms`,
      value: open.p999Ms,
      unit: 'ms',
      goal: `at least ${stallSeenMs} ms, and a closed loop shows less`,
      met: open.p999Ms >= stallSeenMs && closed.p999Ms < stallSeenMs,
      reference: { name: 'autocannon, closed loop', value: closed.p999Ms },
    },
    {
      // wrk sends in a closed loop too, then adds to its figures what it thinks that it would have sent meanwhile.
      name: 'the p99.9 that wrk tells, with requests added that were never sent',
      value: wrkP999Ms ?? Number.NaN,
      unit: 'ms',
      goal: 'no bound of its own',
      ...(wrkP999Ms === undefined ? noWrk : {}),
    },
    {
      name: 'schedule lag of that open loop, p99',
      value: open.lagP99Ms ?? Number.NaN,
      unit: 'ms',
      goal: 'none: above 1 ms a load says that it was saturated',
    },
  ]
}

async function withStall<Seen>(work: (origin: string) => Promise<Seen>): Promise<Seen> {
  await using server = await startServer(stallAfter)
  return await work(server.origin)
}

function oursClosed(origin: string): Promise<GeneratorReport> {
  return ours(origin, { users: 10 }, longestMs, requests, warmUpRequests)
}

function ours(origin: string, loop: object, ...numbers: number[]): Promise<GeneratorReport> {
  return generator('ours.ts', [origin, JSON.stringify(loop), ...numbers.map(String)])
}

function autocannon(origin: string, warmUp = warmUpRequests): Promise<GeneratorReport> {
  return generator('theirs.ts', [origin, String(requests), String(warmUp)])
}

async function generator(file: string, words: string[]): Promise<GeneratorReport> {
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', pathOf(file), ...words])
  const report = JSON.parse(stdout) as GeneratorReport
  if (report.failed > 0 || report.requests === 0) throw new Error(`${file}: ${stdout}`)
  return report
}

/** The shell tells what its children cost. */
async function wrkMicros(origin: string): Promise<number | undefined> {
  const stdout = await wrk(wrkSeconds, origin, '; times')
  if (stdout === undefined) return undefined
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1])
  const children = [...(stdout.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)]
  const cpuMs = children.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60_000 + Number(rest) * 1_000, 0)
  return (cpuMs * 1_000) / requests
}

async function wrkP999(origin: string): Promise<number | undefined> {
  const stdout = await wrk(stallRunSeconds, `-s ${pathOf('p999.lua')} ${origin}`)
  return stdout === undefined ? undefined : Number(/p99\.9 ([\d.]+) ms/.exec(stdout)?.[1])
}

/** Over 10 connections; what it told. Undefined where there is none. */
async function wrk(seconds: number, words: string, after = ''): Promise<string | undefined> {
  const { stdout } = await run('sh', [
    '-c',
    `command -v wrk >/dev/null || exit 0; wrk -t1 -c10 -d${seconds}s ${words}/${after}`,
  ])
  return stdout === '' ? undefined : stdout
}

function microsPerRequest({ cpuMs, requests }: GeneratorReport): number {
  return (cpuMs * 1_000) / requests
}

async function startServer(...words: number[]): Promise<AsyncDisposable & { origin: string }> {
  const server = spawn(process.execPath, [pathOf('server.ts'), ...words.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [port] = await once(server.stdout, 'data')
  return {
    origin: `http://127.0.0.1:${Number(String(port))}`,
    async [Symbol.asyncDispose]() {
      const exit = once(server, 'exit')
      server.stdin.end()
      await exit
    },
  }
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`./workload/${file}`, import.meta.url))
}
