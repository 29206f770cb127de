import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import { nowMs } from '../base/clock.ts'
import { readEntry, readProcessTable, readProcFile } from '../probe/processTable.ts'
import { Watchdog } from './watchdog.ts'

/** All that a runner started is gone so long after the runner itself. */
const cleanUpBudgetMs = 1_000
const bootBudgetMs = 10_000

const processUrl = new URL('./process.ts', import.meta.url).href
const watchdogUrl = new URL('./watchdog.ts', import.meta.url).href

interface Doomed {
  runner: ChildProcess
  janitor: number
  nodes: number[]
  /** Left the group of n2 by a session of its own: only its environment tells whose it is. */
  child: number
  temporaryFolder: string
  stderr: () => string
}

let folder: string
const started: ChildProcess[] = []
const pids: number[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-watchdog-'))
})

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  for (const pid of pids.splice(0)) if (!isGone(pid)) process.kill(pid, 'SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const isGone = (pid: number) => ['Z', undefined].includes(readEntry(pid)?.state)

/** A runner in a process of its own that launches two nodes, one of them with a child, and makes a temporary folder. */
async function startRunner(then = ''): Promise<Doomed> {
  const temporaryFolder = join(folder, 'temporary')
  const stays = 'setInterval(() => {}, 1000)'
  const withChild = `require('node:child_process').spawn(process.execPath, ['-e', '${stays}'], { detached: true }); ${stays}`
  const script = `
    import { mkdirSync, writeFileSync } from 'node:fs'
    import { openProcessRuntime } from '${processUrl}'
    import { watchdog } from '${watchdogUrl}'
    const runtime = await openProcessRuntime()
    mkdirSync(${JSON.stringify(temporaryFolder)})
    runtime.ownFolder(${JSON.stringify(temporaryFolder)})
    writeFileSync(${JSON.stringify(join(temporaryFolder, 'data'))}, 'x')
    const lives = []
    for (const [node, script] of [['n1', ${JSON.stringify(stays)}], ['n2', ${JSON.stringify(withChild)}]]) {
      lives.push(await runtime.launch({ node, incarnation: 1, host: '127.0.0.1', command: [process.execPath, '-e', script],
        env: {}, cwd: '/', logPath: ${JSON.stringify(folder)} + '/' + node + '.log' }))
    }
    ${then}
    const report = () => console.log(JSON.stringify({ janitor: watchdog.janitorPid, nodes: lives.map((life) => life.pid) }))
    process.on('SIGUSR2', report)
    report()
    setInterval(() => {}, 1000)
  `
  const runner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(runner)
  let stderr = ''
  runner.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const report = await nextReport(runner)
  pids.push(report.janitor, ...report.nodes)
  const child = await childOf(report.nodes[1] as number)
  pids.push(child)
  return { runner, ...report, child, temporaryFolder, stderr: () => stderr }
}

function nextReport(runner: ChildProcess): Promise<{ janitor: number; nodes: number[] }> {
  const lines = createInterface({ input: runner.stdout as NodeJS.ReadableStream })
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line)))
    runner.once('exit', (code, signal) => reject(new Error(`the runner ended early: ${code ?? signal}`)))
  })
}

function childOf(parent: number): Promise<number> {
  return awaitReading({
    what: `a child of ${parent}`,
    budget: bootBudgetMs,
    probe: () => readProcessTable().find((entry) => entry.parentPid === parent)?.pid ?? 0,
    until: (pid) => pid > 0,
  })
}

function allGone(list: number[], budget = cleanUpBudgetMs): Promise<number[]> {
  return awaitReading({
    what: `processes ${list.join(', ')} to be gone`,
    budget,
    probe: () => list.filter((pid) => !isGone(pid)),
    until: (left) => left.length === 0,
  })
}

test('when a runner is killed without warning, its nodes, their children and its folders are gone within the budget', async () => {
  const doomed = await startRunner()
  expect(existsSync(doomed.temporaryFolder)).toBe(true)
  expect([...doomed.nodes, doomed.child].map(isGone)).toEqual([false, false, false])

  const killedAtMs = nowMs()
  doomed.runner.kill('SIGKILL')
  await allGone([...doomed.nodes, doomed.child, doomed.janitor])
  expect(existsSync(doomed.temporaryFolder)).toBe(false)
  expect(nowMs() - killedAtMs).toBeLessThan(cleanUpBudgetMs)
  await awaitReading({
    what: 'the janitor to say so',
    budget: bootBudgetMs,
    probe: doomed.stderr,
    until: (text) => /breakwater watchdog: the runner \d+ is gone; killed what it left: /.test(text),
  })
})

test('a frozen node is killed as well', async () => {
  const doomed = await startRunner('await lives[0].pause()')
  doomed.runner.kill('SIGKILL')
  await allGone(doomed.nodes)
})

test('signals to the janitor do not keep it from its work', async () => {
  const doomed = await startRunner()
  await awaitReading({
    what: 'the janitor to have booted: to catch SIGHUP, which Node itself leaves alone',
    budget: bootBudgetMs,
    probe: () => /SigCgt:\s+(\w+)/.exec(readProcFile(`/proc/${doomed.janitor}/status`) ?? '')?.[1] ?? '0',
    until: (caught) => (BigInt(`0x${caught}`) & 1n) === 1n,
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(doomed.janitor, signal)
  doomed.runner.kill('SIGTERM')
  await allGone([...doomed.nodes, doomed.janitor])
})

test('a runner that ends by itself leaves nothing behind either', async () => {
  const doomed = await startRunner("process.on('SIGTERM', () => process.exit(0))")
  doomed.runner.kill('SIGTERM')
  await allGone([...doomed.nodes, doomed.child, doomed.janitor])
})

test('a janitor that dies is replaced by one that knows the whole list', async () => {
  const doomed = await startRunner()
  process.kill(doomed.janitor, 'SIGKILL')
  const replaced = await awaitReading({
    what: 'a new janitor',
    budget: bootBudgetMs,
    probe: () => {
      const report = nextReport(doomed.runner)
      doomed.runner.kill('SIGUSR2')
      return report
    },
    until: ({ janitor }) => janitor !== undefined && janitor !== doomed.janitor,
  })
  expect(doomed.nodes.map(isGone)).toEqual([false, false])
  doomed.runner.kill('SIGKILL')
  await allGone([...doomed.nodes, replaced.janitor])
  expect(existsSync(doomed.temporaryFolder)).toBe(false)
})

test('a node that is kept outlives its runner, the others do not', async () => {
  const doomed = await startRunner('lives[0].keep()')
  const [kept, other] = doomed.nodes as [number, number]
  doomed.runner.kill('SIGKILL')
  await allGone([other, doomed.janitor])
  expect(isGone(kept)).toBe(false)
})

test('a group whose number now belongs to somebody else is left alone', async () => {
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
  started.push(bystander)
  const pid = bystander.pid as number
  const doomed = await startRunner(
    `watchdog.add({ groupId: ${pid}, startTicks: ${(readEntry(pid)?.startTicks ?? 0) - 1} })`,
  )
  doomed.runner.kill('SIGKILL')
  await allGone([...doomed.nodes, doomed.janitor])
  expect(isGone(pid)).toBe(false)
})

test('there is no janitor before the first entry, and one for all entries', () => {
  const watchdog = new Watchdog()
  expect(watchdog.janitorPid).toBeUndefined()
  watchdog.folder(join(folder, 'never made'))
  const pid = watchdog.janitorPid as number
  pids.push(pid)
  expect(readEntry(pid)?.parentPid).toBe(process.pid)
  watchdog.folder(join(folder, 'nor this'))
  expect(watchdog.janitorPid).toBe(pid)
})
