import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { awaitReading } from '@breakwater/harness'
import { expect, test } from 'vitest'
import { breakwater, inFolder, samples, start } from './breakwater.ts'

/** Processes whose environment says that a guard of this test's run started them. */
function nodesOf(label: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
        return environment.includes(`SELF_TEST=${label}`) && environment.some((entry) => entry.startsWith('ECHO_PORT='))
      } catch (error) {
        if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
        throw error
      }
    })
}

/** A temporary folder of its own tells what this runner made from what others make meanwhile. */
async function startHanging(label: string, tempFolder: string) {
  const runner = start(['suite', 'SAMPLE-6'], { ...samples, SELF_TEST: label, TMPDIR: tempFolder })
  await awaitReading({
    what: 'three nodes to run',
    budget: 30_000,
    probe: () => nodesOf(label).length,
    until: (count) => count === 3,
  })
  return { runner, ownFolders: () => readdirSync(tempFolder).filter((name) => name.startsWith('breakwater-')) }
}

const gone = (label: string) =>
  awaitReading({
    what: 'every node to be gone',
    budget: 5_000,
    probe: () => nodesOf(label).length,
    until: (count) => count === 0,
  })

test('nothing survives a runner that is killed with SIGKILL', async () => {
  await inFolder(async (folder) => {
    const { runner, ownFolders } = await startHanging('sigkill', folder)
    expect(ownFolders().length).toBeGreaterThan(0)
    runner.kill('SIGKILL')
    await runner
    await gone('sigkill')
    await awaitReading({
      what: 'the temporary folders to be gone',
      budget: 5_000,
      probe: ownFolders,
      until: (left) => left.length === 0,
    })
  })
})

test('a run that is interrupted ends what it started and says so', async () => {
  await inFolder(async (folder) => {
    const { runner } = await startHanging('sigint', folder)
    runner.kill('SIGINT')
    runner.kill('SIGINT')
    const ended = await runner
    expect(ended.exitCode).toBe(130)
    expect(ended.stdout).toContain('interrupted')
    await gone('sigint')
  })
})

/** The code of the error, undefined where it works. */
async function refusedListening(at: { host: string; port: number }): Promise<unknown> {
  const server = createServer().listen(at)
  try {
    await once(server, 'listening')
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  } finally {
    server.close()
  }
}

test('--keep leaves a failed cluster up and reachable until it is cleaned', async () => {
  const ended = await breakwater(['suite', 'SAMPLE-2', '--keep'], { ...samples, SELF_TEST: 'keep' })
  expect(ended.exitCode).toBe(1)
  try {
    expect(nodesOf('keep')).toHaveLength(2)
    const url = /(http:\/\/127\.\S+)/.exec(ended.stdout)?.[1] ?? 'no address was told'
    expect((await fetch(url)).status).toBe(200)
    const folder = /data (\S+)/.exec(ended.stdout)?.[1] ?? ''
    expect(existsSync(folder)).toBe(true)
    const claim = { host: new URL(url).hostname.replace(/\d+$/, '254'), port: 7254 }
    // The runner is gone, and still nobody else can have the addresses.
    expect(await refusedListening(claim)).toBe('EADDRINUSE')
  } finally {
    const cleaned = await breakwater(['clean'])
    expect(cleaned.exitCode).toBe(0)
  }
  await gone('keep')
  expect((await breakwater(['clean'])).stdout).toContain('nothing is kept')
})

test('--keep keeps nothing of a guard that passed', async () => {
  const ended = await breakwater(['suite', 'SAMPLE-1', '--keep'], { ...samples, SELF_TEST: 'kept-nothing' })
  expect(ended.exitCode).toBe(0)
  expect(nodesOf('kept-nothing')).toEqual([])
})
