import type { System } from '@breakwater/harness'
import { expect, test } from 'vitest'
import type { ScheduledFault } from '../harness/src/nemesis/schedule.ts'
import { SchedulePlayer } from '../harness/src/run/schedulePlayer.ts'
import { GuardBed } from './guardBed.ts'
import { type EchoClient, echo } from './samples/echo/system.ts'

type HowToStart = ReturnType<NonNullable<System<EchoClient>['process']>>

/** The echo, started in another way. */
function startedAs(
  change: (how: HowToStart) => HowToStart,
  more: Partial<System<EchoClient>> = {},
): System<EchoClient> {
  return { ...echo, ...more, process: (plan) => change(echo.process(plan)) }
}

const server = (how: HowToStart) => how.command.map((word) => JSON.stringify(word)).join(', ')
/** Starts the server with an environment that no longer names the preload. */
const launcher = (how: HowToStart) =>
  `const { NODE_OPTIONS, ...env } = process.env; const [program, ...words] = [${server(how)}];` +
  `require('node:child_process').spawn(program, words, { env, stdio: 'inherit' })`

const systems = {
  'a plain command': startedAs(({ preloads, ...how }) => how),
  'a command that drops NODE_OPTIONS': startedAs((how) => ({
    ...how,
    command: ['env', '-u', 'NODE_OPTIONS', ...how.command],
  })),
  'a launcher that has the preload, of a server that has not': startedAs((how) => ({
    ...how,
    command: [process.execPath, '-e', launcher(how)],
  })),
  'a program that is no Node.js': startedAs((how) => ({ ...how, command: ['sleep', '600'] }), {
    ready: async () => true,
  }),
}

const failedWrite = { operations: ['write'], effect: { type: 'fail', code: 'EIO' } } as const
const refused = { effect: { type: 'refuse' } } as const
const toldWhy = /^n1 .*has not loaded the preload,.* so .*Name fixtures\/faults\/preload\.ts in .*\[FAULT_FAILED\]$/

test.for(Object.entries(systems))('no fault is armed inside %s', async ([, system]) => {
  await using bed = new GuardBed()
  const cluster = await bed.run.startCluster({ system, nodes: 1, powerCuts: true })
  const [node] = cluster.nodes
  await expect(cluster.failDisk(node, failedWrite)).rejects.toThrow(toldWhy)
  await expect(cluster.failNetwork(node, refused)).rejects.toThrow(toldWhy)
  await expect(cluster.skewClock(node, 1_000)).rejects.toThrow(toldWhy)
  // In its first life, and in its second.
  await expect(cluster.powerCut(node)).rejects.toThrow(toldWhy)
  await node.start()
  await expect(cluster.powerCut(node)).rejects.toThrow(toldWhy)
  if (!node.control.heard(2).size) await expect(cluster.failDisk(node, failedWrite)).rejects.toThrow(/had not loaded/)
  expect(bed.run.faults).toEqual([])
  expect(node.control.standing()).toEqual([])
})

test('what happens unseen in a node is told as unseen', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.run.startCluster({ system: systems['a plain command'], nodes: 1 })
  const [node] = cluster.nodes
  await node.client.call('/throw')
  expect(() => node.uncaughtErrors()).toThrow(/^n1 had not loaded the preload in its life 1, .*\[INCONCLUSIVE\]$/)
  await expect(node.control.retainedBytes()).rejects.toThrow(/no preload is connected. Name .*\[INCONCLUSIVE\]$/)
})

test('a fault that was armed fails the start of a life in which it cannot be', async () => {
  await using bed = new GuardBed()
  let command = (words: readonly string[]) => words
  const system = startedAs((how) => ({ ...how, command: command(how.command) }))
  const cluster = await bed.run.startCluster({ system, nodes: 1 })
  const [node] = cluster.nodes
  await using fault = await cluster.failDisk(node, failedWrite)
  await node.kill()
  command = (words) => ['env', '-u', 'NODE_OPTIONS', ...words]
  await expect(node.start()).rejects.toThrow(
    /^n1 has not loaded the preload, so f1 \(fs\) cannot be armed in it\..*FAULT_FAILED/,
  )
  await fault.heal()
  await node.restart()
  expect(await node.client.ask('/write?name=whole')).toBe('ok')
})

test('a schedule goes on without the faults that no process would feel, and says why', async () => {
  await using bed = new GuardBed()
  const cluster = await bed.run.startCluster<EchoClient, number>({
    system: systems['a plain command'],
    nodes: 1,
    powerCuts: true,
  })
  const rule = { rule: failedWrite, restart: false }
  const at = { targets: ['n1'], lastsMs: 50 }
  const faults = [
    { id: 'f1', family: 'failDisk', options: rule, opens: { afterMs: 0 }, ...at },
    { id: 'f2', family: 'skewClock', options: { offsetMs: 1_000 }, opens: { afterMs: 0 }, ...at },
    { id: 'f3', family: 'powerCut', options: {}, opens: { afterMs: 5_000 }, ...at },
  ] as unknown as ScheduledFault[]
  const schedule = { version: 1 as const, seed: 71, nodes: ['n1'], durationMs: 60_000, faults }
  const played = await new SchedulePlayer({ cluster, schedule, history: bed.run.history }).play()
  expect(played.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual(['f1 notOpened', 'f2 notOpened', 'f3 notOpened'])
  for (const { why } of played) expect(why).toMatch(toldWhy)
  expect(cluster.node(0).running).toBe(true)
})

test('a life that changed its disk unseen before it served has no truthful cut of the power', async () => {
  await using bed = new GuardBed()
  let command = (words: readonly string[]) => words
  const system = startedAs((how) => ({ ...how, command: command(how.command) }))
  const cluster = await bed.run.startCluster({ system, nodes: 1, powerCuts: true })
  const [node] = cluster.nodes
  await (await cluster.powerCut(node)).heal()
  await node.kill()
  command = (words) => ['env', '-u', 'NODE_OPTIONS', ...words]
  await node.launch()
  const write = () => node.client.ask('/write?name=unseen').catch(() => 'not yet')
  await expect.poll(write, { timeout: 10_000 }).toBe('ok')
  await expect(cluster.powerCut(node)).rejects.toThrow(/^n1 left no disk journal in its life 3: .*\[FAULT_FAILED\]$/)
  // One that is cut short before it has done anything has lost nothing.
  await node.launch()
  expect((await cluster.powerCut(node)).effects()).toBe(1)
})
