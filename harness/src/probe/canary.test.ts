import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import { after, nowMs } from '../base/clock.ts'
import { Canary } from './canary.ts'
import { readEntry } from './processTable.ts'

/** State of the process, undefined once it is gone. */
const stateOf = (pid: number) => readEntry(pid)?.state

async function awaitGone(pid: number): Promise<void> {
  await awaitReading({
    what: `the canary ${pid} to be gone`,
    budget: 10_000,
    probe: () => stateOf(pid),
    until: (state) => state === undefined || state === 'Z',
  })
}

test('a stall of the host is told with its length, in the window that it fell into and in no other', async () => {
  const canary = await Canary.start()
  try {
    const beganMs = nowMs()
    process.kill(canary.pid!, 'SIGSTOP')
    await after(400)
    process.kill(canary.pid!, 'SIGCONT')
    const resumedMs = nowMs()
    const stalled = await canary.between(beganMs, resumedMs)
    expect(stalled.longestStallMs).toBeGreaterThan(350)
    expect(stalled.readingCount).toBeGreaterThan(0)
    const calm = await canary.between(resumedMs + 150, resumedMs + 350)
    expect(calm.longestStallMs).toBeLessThan(stalled.longestStallMs)
    expect(calm.readingCount).toBeGreaterThanOrEqual(1)
  } finally {
    await canary.close()
  }
})

test('what the kernel knows of pressure, steal and the run queue is told in words', async () => {
  const canary = await Canary.start()
  try {
    const beganMs = nowMs()
    expect((await canary.between(beganMs, beganMs + 200)).load).toMatch(/steal \d+ %, up to \d+ threads wanted to run$/)
  } finally {
    await canary.close()
  }
})

test('a canary that has died gives no reading, so that its windows are void', async () => {
  const canary = await Canary.start()
  process.kill(canary.pid!, 'SIGKILL')
  await awaitGone(canary.pid!)
  expect(await canary.between(nowMs(), nowMs() + 10)).toEqual({ longestStallMs: 0, readingCount: 0 })
  await canary.close()
})

test('it is gone after closing, also when it was stopped', async () => {
  const canary = await Canary.start()
  process.kill(canary.pid!, 'SIGSTOP')
  await canary.close()
  expect(stateOf(canary.pid!)).toBeUndefined()
})

test('it ends when its runner is killed without warning', async () => {
  const script = `
    const { Canary } = await import(${JSON.stringify(new URL('./canary.ts', import.meta.url).href)})
    const canary = await Canary.start()
    process.stdout.write(String(canary.pid))
    setInterval(() => {}, 1000)`
  const runner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [pid] = await once(runner.stdout, 'data')
  runner.kill('SIGKILL')
  await once(runner, 'exit')
  await awaitGone(Number(String(pid)))
})

test('it does not keep its runner from ending by itself', async () => {
  const script = `
    const { Canary } = await import(${JSON.stringify(new URL('./canary.ts', import.meta.url).href)})
    process.stdout.write(String((await Canary.start()).pid))`
  const runner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [[pid], [code]] = await Promise.all([once(runner.stdout, 'data'), once(runner, 'exit')])
  expect(code).toBe(0)
  await awaitGone(Number(String(pid)))
})
