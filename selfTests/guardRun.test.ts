import '../harness/src/vitest/matchers.ts'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { HarnessError } from '@breakwater/harness'
import { afterEach, expect, test, vi } from 'vitest'
import { readJournal } from '../harness/src/history/readJournal.ts'
import { MemoryProbe } from '../harness/src/probe/memory.ts'
import { readEntry } from '../harness/src/probe/processTable.ts'
import { judgeRun } from '../harness/src/run/judge.ts'
import { readTimelineData } from '../harness/src/run/timelineData.ts'
import type { Life, Place, Runtime } from '../harness/src/runtime/runtime.ts'
import { dial, GuardBed } from './guardBed.ts'
import { echo } from './samples/echo/system.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const isGone = (pid: number) => ['Z', undefined].includes(readEntry(pid)?.state)
const messages = (problems: readonly HarnessError[]) => problems.map((problem) => problem.message)

test('the end of a guard heals what is open, ends all nodes, frees addresses and folder, and writes it all down', async () => {
  await using bed = new GuardBed()
  const { run } = bed
  const cluster = await bed.start(3)
  const [a, b, c] = cluster.nodes
  await a.client.call('/')
  const faults = [
    await cluster.kill(c),
    await cluster.failDisk(a, { operations: ['openWrite'], effect: { type: 'fail', code: 'EIO' } }),
    await cluster.skewClock(b, 5_000),
    await cluster.partition(a, b, { how: 'drop' }),
    await cluster.slow(a, b, { delayMs: 5 }),
    await cluster.silence(a, b),
    await cluster.pause(a),
  ]
  run.report('catch-up', 12.5, 'ms', 60_000)
  run.check('losesNothing', {})
  const pids = [a, b].map((node) => node.life.pid)

  expect(messages(await bed.close())).toEqual([])

  expect(pids.map(isGone)).toEqual([true, true])
  expect(existsSync(cluster.workFolder)).toBe(false)
  expect(cluster.network.connectionCount()).toBe(0)
  // A dead node is not started only to be ended again.
  expect(faults.filter((fault) => fault.healedAtMs === undefined).map((fault) => fault.kind)).toEqual(['kill'])

  const saved = bed.saved()
  expect(saved).toMatchObject({ id: 'SELF-1', title: 'SELF-1 a guard of the self tests', seed: 71 })
  expect(saved.faults.map(({ name }) => name)).toEqual(faults.map(({ name }) => name))
  expect(saved.faults[0]).toMatchObject({ kind: 'kill', targets: ['n3'], counts: { killed: 1 } })
  expect(saved.faults[0]).not.toHaveProperty('healedAtMs')
  for (const fault of saved.faults.slice(1)) expect(fault.healedAtMs).toBeGreaterThanOrEqual(fault.openedAtMs)
  expect(saved.readings).toEqual([{ name: 'catch-up', value: 12.5, unit: 'ms', limit: 60_000 }])
  expect(saved.checks).toMatchObject([
    {
      checker: 'losesNothing',
      verdict: 'unknown',
      options: { nodes: ['n1', 'n2', 'n3'] },
      upTo: { operations: 1, observations: 0 },
    },
  ])
  expect(saved.nodes.map(({ name }) => name)).toEqual(['n1', 'n2', 'n3'])
  expect(saved.nodes[2]?.incarnations).toMatchObject([
    { incarnation: 1, pid: c.life.pid, exit: { signal: 'SIGKILL', asked: true }, log: 'n3.1.log' },
  ])
  expect(saved.nodes[0]?.incarnations[0]?.peakRssBytes).toBeGreaterThan(1_000_000)
})

test('the history tells starts, faults, heals, ends, notes and claims, and the picture is drawn', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(2)
  const [a, b] = cluster.nodes
  {
    await using cut = await cluster.partition(a, b)
    const answer = dial(a, b)
    await cut.tookEffect()
    await cut.heal()
    await answer
  }
  bed.run.check('losesNothing')
  await bed.close()
  const history = readJournal(join(bed.folder, 'history.jsonl'))
  const told = history.events.map(({ type, what }) => `${type}: ${what}`)
  expect(told).toEqual([
    'note: starting 2 echo nodes',
    'start: n1 incarnation 1 started',
    'start: n2 incarnation 1 started',
    'note: 2 nodes up',
    'fault: partition n1 | n2 opened',
    'heal: partition n1 | n2 healed',
    expect.stringMatching(/^claim: .*: unknown$/),
    expect.stringMatching(/^exit: n[12] incarnation 1 ended: SIGKILL$/),
    expect.stringMatching(/^exit: n[12] incarnation 1 ended: SIGKILL$/),
  ])
  expect(history.events.find(({ type }) => type === 'heal')?.data).toMatchObject({ counts: { connectionsHeld: 1 } })
  expect(history.header).toMatchObject({ seed: 71, guard: 'SELF-1' })
  expect(history.complete).toBe(true)
  expect(history.acknowledged('ask')).toHaveLength(1)
  expect(readFileSync(join(bed.folder, 'timeline.svg'), 'utf8')).toContain('SELF-1 a guard of the self tests')
})

test('every node means those of the cluster: one that nobody read leaves a claim unknown, then and judged again', async () => {
  await using bed = new GuardBed()
  const { run } = bed
  const cluster = await bed.start(3)
  const [a, b] = cluster.nodes
  const put = { client: 'c1', node: a.name, kind: 'put', table: 'rows' }
  await run.recorder.run({ ...put, key: 'k', value: 1 }, async () => {})
  const blob = { sha256: 'ab'.repeat(32), bytes: 3 }
  await run.recorder.run({ ...put, table: 'blobs', key: 'b', value: blob }, async () => {})
  await run.recorder.run({ ...put, key: 'gone', value: 1 }, async () => {})
  await run.recorder.run({ ...put, kind: 'delete', key: 'gone' }, async () => {})
  const readBy = async (nodes: readonly { name: string }[]) => {
    for (const { name } of nodes) {
      await run.recorder.observe({ node: name, what: 'rows', table: 'rows' }, () => [{ key: 'k', value: 1 }])
      await run.recorder.observe({ node: name, what: 'blobs', table: 'blobs' }, () => [{ key: 'b', ...blob }])
    }
  }
  const checkAll = () => [
    run.check('losesNothing', { table: 'rows' }),
    run.check('converges', { table: 'rows' }),
    run.check('neverResurrects', { table: 'rows' }),
    run.check('equalBlobs', { table: 'blobs' }),
  ]
  await readBy([a, b])
  for (const { verdict, found } of checkAll())
    expect([verdict, found]).toEqual(['unknown', expect.stringMatching(/n3/)])
  expect(run.check('losesNothing', { table: 'rows', nodes: ['n1', 'n2'] })).toMatchObject({ verdict: 'valid' })
  await readBy(cluster.nodes)
  for (const { verdict } of checkAll()) expect(verdict).toBe('valid')
  expect(messages(await bed.close())).toEqual([])
  const again = judgeRun(bed.folder).histories[0]
  expect(again?.verdicts.map(({ verdict }) => verdict)).toEqual(bed.saved().checks.map(({ verdict }) => verdict))
  expect(again?.changed).toEqual([])
})

test('a second cluster of a guard has logs, samples and names of its own', async () => {
  await using bed = new GuardBed()
  const first = await bed.start(1)
  await first.node(0).client.call('/log?line=said by the first')
  await first.node(0).log.awaitLine('said by the first', 5_000)
  await first.close()
  const second = await bed.start(2)
  const [node] = second.nodes
  expect(node.log).toLack('said by the first')
  await (await second.pause(node)).heal()
  await vi.waitFor(() => expect(node.memory.samples.length).toBeGreaterThan(0), 5_000)
  expect(messages(await bed.close())).toEqual([])

  const saved = bed.saved()
  expect(saved.nodes.map(({ name, incarnations }) => [name, incarnations.map(({ log }) => log)])).toEqual([
    ['n1', ['n1.1.log']],
    ['c2/n1', ['c2/n1.1.log']],
    ['c2/n2', ['c2/n2.1.log']],
  ])
  expect(saved.faults.map(({ targets }) => targets)).toEqual([['c2/n1']])
  const { nodes, operations } = readTimelineData(bed.folder)
  expect(operations).toHaveLength(1)
  const spans = nodes.slice(0, 2).map(({ lives: [life] }) => life?.samples.map(({ atMs }) => atMs) ?? [])
  expect(Math.max(...(spans[0] ?? []))).toBeLessThan(Math.min(...(spans[1] ?? [])))
})

test('a process that a node left when it ended is found and named, and gone afterwards', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  const [node] = cluster.nodes
  node.mayExit()
  const child = Number(await node.client.ask('/child'))
  await node.client.call('/exit')
  await node.life.exited
  expect(isGone(child)).toBe(false)
  const problems = await bed.close()
  expect(messages(problems)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^SELF-1 left behind: n1\\.1 left process group ${node.life.pid} alive: ${child} \\(.*\\[LEFT_BEHIND\\]$`,
      ),
    ),
  ])
  expect(isGone(child)).toBe(true)
  problems.length = 0
})

test('a node process that was started past the cluster is found, and the address that it holds', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  const [node] = cluster.nodes
  await node.stop()
  const { host, port } = node.plan.bind
  const past = await (await bed.run.runtime()).launch({
    node: 'n9',
    incarnation: 1,
    host,
    command: echo.process(node.plan).command,
    env: { ECHO_HOST: host, ECHO_PORT: String(port) },
    cwd: bed.folder,
    logPath: join(bed.folder, 'n9.1.log'),
  })
  await vi.waitFor(async () => expect((await fetch(`http://${host}:${port}/`)).ok).toBe(true), 10_000)
  const problems = await bed.close()
  expect(messages(problems)).toEqual([
    expect.stringMatching(
      new RegExp(`a listener on ${host}:${port}, n9\\.1 left process group ${past.pid} alive: .*\\[LEFT_BEHIND\\]$`),
    ),
  ])
  expect(isGone(past.pid)).toBe(true)
  problems.length = 0
})

test('an end or an error of an earlier life is told with the log and the age of that life', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  const [node] = cluster.nodes
  await node.client.call('/log?line=before the end')
  await node.client.call('/throw')
  await vi.waitFor(() => expect(node.uncaughtErrors()).toHaveLength(1), 5_000)
  await node.client.call('/exit')
  await node.life.exited
  await node.start()
  const problems = await bed.close()
  expect(messages(problems)).toEqual([
    expect.stringMatching(/^n1 had an unhandledRejection .*nobody caught this .*Open \S*n1\.1\.log\. \[NODE_ERROR\]$/),
    expect.stringMatching(
      /^n1 ended with exit code 7 although nobody asked it to, [\d ]+ ms after its start\. Its last line: before the end\. Open \S*n1\.1\.log\. \[NODE_EXITED\]$/,
    ),
  ])
  problems.length = 0
})

test('what was declared is no problem, however often the declaration is asked', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(1)
  const [node] = cluster.nodes
  node.mayExit()
  node.mayThrow(/nobody caught/g)
  await node.client.call('/throw')
  await node.client.call('/throw')
  await vi.waitFor(() => expect(node.uncaughtErrors()).toHaveLength(2), 5_000)
  await node.client.call('/exit')
  await node.life.exited
  expect(node.undeclared()).toEqual([])
})

test('a fault that cannot be healed is told, and everything else is ended and written all the same', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.start(2)
  const [a, b] = cluster.nodes
  const stuck = await cluster.skewClock(a, 1_000)
  const cut = await cluster.partition(a, b)
  // Stopped past the nemesis, so nobody lets it run on before its clock is to be set right.
  await a.pause()
  const problems = await bed.close()
  expect(messages(problems)).toEqual([
    expect.stringMatching(/did not answer within .* when asked to disarm.*\[FAULT_FAILED\]$/),
  ])
  expect(stuck.healedAtMs).toBeUndefined()
  expect(cut.healedAtMs).toBeGreaterThan(0)
  expect([a, b].map((node) => isGone(node.life.pid))).toEqual([true, true])
  expect(existsSync(cluster.workFolder)).toBe(false)
  expect(bed.saved().faults).toHaveLength(2)
  problems.length = 0
})

/** A runtime that also tells what it was asked for. */
function watched(onSite: (places: readonly Place[]) => Promise<void> | void = () => {}) {
  const folders = { owned: [] as string[], disowned: [] as string[] }
  const launched: number[] = []
  const change = (runtime: Runtime): Runtime => ({
    name: runtime.name,
    can: runtime.can,
    async openSite(count) {
      const site = await runtime.openSite(count)
      await onSite(site.places)
      return site
    },
    async launch(plan) {
      const life = await runtime.launch(plan)
      launched.push(life.pid)
      return life
    },
    ownFolder(path) {
      folders.owned.push(path)
      runtime.ownFolder(path)
    },
    disownFolder(path) {
      folders.disowned.push(path)
      runtime.disownFolder(path)
    },
    leftovers: () => runtime.leftovers(),
    close: () => runtime.close(),
  })
  return { change, folders, launched }
}

function occupy(at: { host: string; port: number }): Promise<AsyncDisposable> {
  return new Promise((resolve, reject) => {
    // Whoever looks whether a node is ready there must not keep the address busy.
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(at, () =>
      resolve({ [Symbol.asyncDispose]: () => new Promise<void>((closed) => server.close(() => closed())) }),
    )
  })
}

test('a cluster whose door is taken does not start, and leaves nothing', async () => {
  let taken: AsyncDisposable | undefined
  const runtime = watched(async (places) => {
    taken = await occupy((places[1] as Place).door)
  })
  await using bed = new GuardBed(runtime.change)
  await expect(bed.start(3)).rejects.toThrow(/The door 127\.\S+\.2:9000 is in use.*\[PORT_TAKEN\]$/)
  await taken?.[Symbol.asyncDispose]()
  expect(runtime.launched).toEqual([])
  expect(runtime.folders.owned).toHaveLength(1)
  expect(runtime.folders.disowned).toEqual(runtime.folders.owned)
  expect(existsSync(runtime.folders.owned[0] as string)).toBe(false)
  expect(messages(await bed.close())).toEqual([])
  expect(bed.saved()).toMatchObject({ nodes: [], faults: [] })
})

test('a cluster of which one node cannot listen does not start, and its other nodes are ended', async () => {
  let taken: AsyncDisposable | undefined
  const runtime = watched(async (places) => {
    taken = await occupy((places[1] as Place).bind)
  })
  await using bed = new GuardBed(runtime.change)
  await expect(bed.start(3)).rejects.toThrow(
    /^n2 ended with exit code 1 before it was ready.*n2\.1\.log\. \[NODE_EXITED\]$/,
  )
  await taken?.[Symbol.asyncDispose]()
  const problems = await bed.close()
  expect(problems.map(({ code }) => code)).toEqual(['NODE_ERROR', 'NODE_EXITED'])
  expect(runtime.launched.map(isGone)).toEqual([true, true, true])
  expect(runtime.folders.owned.filter(existsSync)).toEqual([])
  problems.length = 0
})

test('a cluster whose command is missing does not start, and leaves nothing', async () => {
  vi.stubEnv('BREAKWATER_ECHO_COMMAND', 'no-such-program --flag')
  const runtime = watched()
  await using bed = new GuardBed(runtime.change)
  await expect(bed.start(3)).rejects.toThrow(/no-such-program --flag \(ENOENT\)\. \[COMMAND_NOT_FOUND\]$/)
  expect(messages(await bed.close())).toEqual([])
  expect(runtime.folders.owned.filter(existsSync)).toEqual([])
  expect(readdirSync(bed.folder)).toContain('guard.json')
})

test('a command that is over before its memory could be read is told as an end, and written down without a peak', async () => {
  vi.stubEnv('BREAKWATER_ECHO_COMMAND', '/bin/false')
  await using bed = new GuardBed()
  await expect(bed.start(1)).rejects.toThrow(/^n1 ended with exit code 1 before it was ready.*\[NODE_EXITED\]$/)
  // The runtime's own probe may just have caught it alive; one that is opened now cannot have.
  const [node] = bed.run.nodes
  const life = node?.life as Life
  Object.assign(life, { memory: new MemoryProbe(life.pid) })
  const problems = await bed.close()
  expect(problems.map(({ code }) => code)).toEqual(['NODE_EXITED'])
  const [saved] = bed.saved().nodes[0]?.incarnations ?? []
  expect(saved).toMatchObject({ incarnation: 1, exit: { code: 1 } })
  expect(saved).not.toHaveProperty('peakRssBytes')
  problems.length = 0
})

test('a cluster of no nodes, and one whose client cannot be made, leave nothing', async () => {
  const runtime = watched()
  await using bed = new GuardBed(runtime.change)
  await expect(bed.start(0)).rejects.toThrow(/at least one node, but 0 were asked for\. \[BAD_USAGE\]$/)
  const broken = {
    ...echo,
    client: () => {
      throw new Error('no client for you')
    },
  }
  await expect(bed.run.startCluster({ system: broken, nodes: 2 })).rejects.toThrow('no client for you')
  expect(runtime.folders.owned.filter(existsSync)).toEqual([])
})

test('a runtime that cannot be opened fails who asks for it, and nothing more', async () => {
  await using bed = new GuardBed(() => {
    throw new HarnessError('DOCKER_MISSING', 'There is no engine.')
  })
  await expect(bed.start(1)).rejects.toThrow('[DOCKER_MISSING]')
  expect(messages(await bed.close())).toEqual([])
})
