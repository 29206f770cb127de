import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import { LogReader } from '../probe/logReader.ts'
import { readEntry, readThreadStates } from '../probe/processTable.ts'
import { openProcessRuntime } from './process.ts'
import type { Life, Runtime } from './runtime.ts'

const bootBudgetMs = 10_000

let folder: string
let runtime: Runtime

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-process-'))
  runtime = await openProcessRuntime()
})

afterEach(async () => {
  await runtime.close()
  rmSync(folder, { recursive: true, force: true })
})

const stays = 'setInterval(() => {}, 1000)'
const says = (word: string) => `console.log(${JSON.stringify(word)})`

async function launch(script: string, options: { env?: Record<string, string>; incarnation?: number } = {}) {
  const incarnation = options.incarnation ?? 1
  return runtime.launch({
    node: 'n1',
    incarnation,
    host: '127.0.0.1',
    command: [process.execPath, '-e', script],
    env: options.env ?? {},
    cwd: folder,
    logPath: join(folder, `n1.${incarnation}.log`),
  })
}

async function logged(life: Life, line: string | RegExp): Promise<string> {
  const reader = new LogReader(life.logPath)
  try {
    return await reader.awaitLine(line, bootBudgetMs)
  } finally {
    reader.close()
  }
}

/** A node with a child of its own in the same group; logs the child's pid. */
const withChild = `
  const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stays)}])
  console.log('child', child.pid)
`

const isGone = (pid: number) => ['Z', undefined].includes(readEntry(pid)?.state)

test('both outputs of a node go to its log, whole, even when it ends at once', async () => {
  const life = await launch('console.log("out"); console.error("err"); process.exit(7)')
  const exit = await life.exited
  expect(exit).toMatchObject({ code: 7, signal: null, asked: false })
  expect(readFileSync(life.logPath, 'utf8')).toBe('out\nerr\n')
  expect(exit.atMs).toBeGreaterThan(life.startedAtMs)
  expect(life.exit).toBe(exit)
})

test('a node that dies by a signal of somebody else was not asked to', async () => {
  const life = await launch('process.kill(process.pid, "SIGKILL")')
  expect(await life.exited).toMatchObject({ code: null, signal: 'SIGKILL', asked: false })
})

test('kill ends a node by SIGKILL and says that it was asked to', async () => {
  const life = await launch(`${says('up')}; ${stays}`)
  await logged(life, 'up')
  expect(await life.kill()).toMatchObject({ code: null, signal: 'SIGKILL', asked: true, forced: false })
  expect(isGone(life.pid)).toBe(true)
  expect(life.reading()).toBeUndefined()
})

test('kill after a crash does not claim the crash', async () => {
  const life = await launch('process.exit(3)')
  await life.exited
  expect(await life.kill()).toMatchObject({ code: 3, asked: false })
})

test('stop lets a node end by itself and records its code', async () => {
  const life = await launch(`process.on('SIGTERM', () => process.exit(5)); ${says('up')}; ${stays}`)
  await logged(life, 'up')
  expect(await life.stop()).toMatchObject({ code: 5, signal: null, asked: true, forced: false })
})

test('stop kills a node that ignores it once the budget is spent, and the log says so', async () => {
  const life = await launch(`process.on('SIGTERM', () => console.log('no')); ${says('up')}; ${stays}`)
  await logged(life, 'up')
  expect(await life.stop(200)).toMatchObject({ signal: 'SIGKILL', asked: true, forced: true })
  expect(readFileSync(life.logPath, 'utf8')).toBe(
    'up\nno\nbreakwater n1.1 did not end within 200 ms of SIGTERM and was killed\n',
  )
})

test('a paused node stands still with its sockets open, and runs on when resumed', async () => {
  const life = await launch(`${says('up')}; setInterval(() => console.log('tick', Date.now()), 5)`)
  await logged(life, 'tick')
  await life.pause()
  expect(new Set(readThreadStates(life.pid))).toEqual(new Set(['T']))
  const reader = new LogReader(life.logPath)
  const linesAtPause = reader.lineCount
  expect(life.reading()?.threadCount).toBeGreaterThan(1)
  await life.resume()
  expect(readThreadStates(life.pid)).not.toContain('T')
  await reader.awaitLine('tick', bootBudgetMs, { fromLine: linesAtPause })
  const ticks = reader.lines().map((line) => Number(line.split(' ')[1]))
  expect(ticks[linesAtPause]).toBeGreaterThan(ticks[linesAtPause - 1] as number)
  reader.close()
})

test('a paused node can be stopped: it is resumed so that it can obey', async () => {
  const life = await launch(`process.on('SIGTERM', () => process.exit(0)); ${says('up')}; ${stays}`)
  await logged(life, 'up')
  await life.pause()
  expect(await life.stop()).toMatchObject({ code: 0, asked: true, forced: false })
})

test('a node that has ended cannot be paused', async () => {
  const life = await launch('')
  await life.exited
  await expect(life.pause()).rejects.toThrow(/n1\.1 cannot be paused: it has ended.*\[NODE_EXITED\]/)
})

test('kill takes the children of a node with it', async () => {
  const life = await launch(withChild)
  const child = Number((await logged(life, /^child \d+/)).split(' ')[1])
  expect(isGone(child)).toBe(false)
  await life.kill()
  expect(isGone(child)).toBe(true)
})

test('children that a node leaves behind are told as leftovers until they are swept', async () => {
  const life = await launch(`${withChild}; child.unref(); process.exit(0)`)
  const child = Number((await logged(life, /^child \d+/)).split(' ')[1])
  await life.exited
  expect(await runtime.leftovers()).toEqual([
    expect.stringContaining(`n1.1 left process group ${life.pid} alive: ${child} (`),
  ])
  await life.kill()
  expect(await runtime.leftovers()).toEqual([])
  expect(isGone(child)).toBe(true)
})

test('close kills all that lives, and closing twice is closing once', async () => {
  const lives = [await launch(stays, { incarnation: 1 }), await launch(withChild, { incarnation: 2 })]
  expect(await runtime.leftovers()).toHaveLength(2)
  await Promise.all([runtime.close(), runtime.close()])
  expect(lives.map((life) => life.exit?.asked)).toEqual([true, true])
  expect(await runtime.leftovers()).toEqual([])
  await expect(launch(stays)).rejects.toThrow('the runtime is closed')
})

test('a kept node outlives close', async () => {
  const life = await launch(stays)
  life.keep()
  await runtime.close()
  expect(isGone(life.pid)).toBe(false)
  await life.kill()
  expect(isGone(life.pid)).toBe(true)
})

test('a command that does not exist is told in one sentence', async () => {
  const plan = {
    node: 'n1',
    incarnation: 1,
    host: '127.0.0.1',
    env: {},
    cwd: folder,
    logPath: join(folder, 'n1.1.log'),
  }
  const launching = runtime.launch({ ...plan, command: ['no-such-daemon', '--port', '1'] })
  await expect(launching).rejects.toThrow(
    /^The command of n1 cannot be run: no-such-daemon --port 1 \(ENOENT\)\. \[COMMAND_NOT_FOUND\]$/,
  )
  const elsewhere = runtime.launch({ ...plan, command: ['node'], cwd: join(folder, 'missing') })
  await expect(elsewhere).rejects.toThrow(/its working folder .* does not exist\. \[BAD_USAGE\]/)
})

test('a node sees the environment of its plan, and none of the test runner', async () => {
  const life = await launch(
    'console.log(JSON.stringify([process.env.PEER_NAME, process.env.VITEST, process.env.NODE_ENV, process.env.PATH]))',
    { env: { PEER_NAME: 'n1' } },
  )
  await life.exited
  expect(process.env.VITEST).toBeDefined()
  expect(JSON.parse(readFileSync(life.logPath, 'utf8'))).toEqual(['n1', null, null, process.env.PATH])
})

test('memory is sampled from the launch on, in memory and on disk, and still told after the end', async () => {
  const life = await launch(`${says('up')}; ${stays}`)
  await logged(life, 'up')
  await awaitReading({
    what: 'ten memory samples',
    budget: bootBudgetMs,
    probe: () => life.memory.samples.length,
    until: (count) => count >= 10,
  })
  expect(life.reading()?.peakRssBytes).toBe(life.memory.peakBytes())
  await life.kill()
  expect(life.memory.gone).toBe(true)
  expect(life.memory.peakBytes()).toBeGreaterThan(20e6)
  const path = join(folder, 'samples', 'n1.1.memory.jsonl')
  expect(existsSync(path)).toBe(true)
  const written = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(written[0].atMs).toBeCloseTo(life.memory.samples[0]?.atMs ?? 0, 0)
})
