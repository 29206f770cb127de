import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { awaitReading } from '../base/awaitReading.ts'
import { type Control, openControl } from './control.ts'

type Message = { type: string; id: string; [name: string]: unknown }

/** A node's end of the channel, in the hands of the test. */
class Preload {
  readonly socket: Socket
  readonly commands: Message[] = []
  /** Answers at once unless told otherwise. */
  answer: (command: Message) => object | undefined = ({ type, id }) =>
    type === 'arm' ? { type: 'armed', id } : { type: 'disarmed', id, counts: { callsFailed: 1 } }

  constructor(path: string) {
    this.socket = connect(path).setEncoding('utf8')
    this.socket.on('data', (text: unknown) => {
      for (const line of String(text).trim().split('\n')) {
        const command = JSON.parse(line) as Message
        this.commands.push(command)
        const answer = this.answer(command)
        if (answer) this.say(answer)
      }
    })
  }

  say(message: object): void {
    this.socket.write(`${JSON.stringify(message)}\n`)
  }

  hello(fields: object = {}): void {
    const pid = 100 + preloads.indexOf(this)
    const who = { pid, threadId: 0, mainThread: true, node: 'n1', incarnation: 1 }
    this.say({ type: 'hello', ...who, preloads: ['fs'], knownBad: [], armed: [], ...fields })
  }
}

let folder: string
let control: Control
let preloads: Preload[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bw-'))
  control = await openControl(join(folder, 'n1.sock'))
  preloads = []
})

afterEach(async () => {
  for (const { socket } of preloads) socket.destroy()
  await control.close()
  rmSync(folder, { recursive: true })
})

async function connected(fields?: object): Promise<Preload> {
  const before = control.connections().length
  const preload = new Preload(control.path)
  preloads.push(preload)
  preload.hello(fields)
  await reading(() => control.connections().length, before + 1)
  return preload
}

function reading<T>(probe: () => T, expected: T): Promise<T> {
  const wanted = JSON.stringify(expected)
  return awaitReading({ what: wanted, budget: 2_000, probe, until: (it) => JSON.stringify(it) === wanted, everyMs: 1 })
}

const order = { family: 'fs', rule: { operations: ['write'], effect: { type: 'hold' } } } as const

test('a hello is awaited by its incarnation, and of the main thread', async () => {
  const awaited = control.awaitHello(2, 2_000)
  await connected()
  await connected({ incarnation: 2, threadId: 1, mainThread: false })
  await connected({ incarnation: 2, pid: 7 })
  expect((await awaited).pid).toBe(7)
  expect(control.connections()).toHaveLength(3)
})

test('a hello that never comes spends its budget and says who is there', async () => {
  await connected()
  await expect(control.awaitHello(2, 20)).rejects.toThrow(/incarnation 2 .*1 processes connected.*BUDGET_SPENT/)
})

test('arming resolves when every process has armed', async () => {
  const [first, second] = [await connected(), await connected()]
  second.answer = () => undefined
  let armed = false
  const arming = control.arm(order).then((fault) => {
    armed = true
    return fault
  })
  await reading(() => second.commands.length, 1)
  await reading(() => first.commands.length, 1)
  expect(armed).toBe(false)
  second.say({ type: 'armed', id: second.commands[0]?.id })
  expect((await arming).id).toBe('f1')
  expect(first.commands[0]).toEqual({ type: 'arm', id: 'f1', ...order })
})

test('a process that does not answer fails the arming by name, and the others disarm', async () => {
  const [first, deaf] = [await connected(), await connected({ pid: 4242 })]
  deaf.answer = () => undefined
  await expect(control.arm(order)).rejects.toThrow(/^n1 \(pid 4242\) did not answer within 2 000 ms.*FAULT_FAILED/)
  await reading(() => first.commands.map(({ type }) => type), ['arm', 'disarm'])
  expect(control.environment()).toEqual({ BREAKWATER_CONTROL: control.path })
})

test('a process that refuses the rule fails the arming with its own words', async () => {
  const preload = await connected()
  preload.answer = ({ type, id }) => ({ type: type === 'arm' ? 'error' : 'disarmed', id, message: 'no such thing' })
  await expect(control.arm(order)).rejects.toThrow(/could not obey: no such thing.*FAULT_FAILED/)
})

test('a process that dies while it is asked is no obstacle', async () => {
  const preload = await connected()
  preload.answer = () => {
    preload.socket.destroy()
    return undefined
  }
  const fault = await control.arm(order)
  await fault.disarm()
  expect(fault.counts()).toEqual({})
})

test('counts add up over processes, and stay when one is gone', async () => {
  const [first, second] = [await connected(), await connected()]
  const fault = await control.arm(order)
  first.say({ type: 'counts', id: fault.id, counts: { callsMatched: 3, callsFailed: 1 } })
  second.say({ type: 'counts', id: fault.id, counts: { callsMatched: 4 } })
  await reading(() => fault.counts(), { callsMatched: 7, callsFailed: 1 })
  first.say({ type: 'counts', id: fault.id, counts: { callsMatched: 5, callsFailed: 1 } })
  await reading(() => fault.counts(), { callsMatched: 9, callsFailed: 1 })
  first.socket.destroy()
  await reading(() => control.connections().length, 1)
  expect(fault.counts()).toEqual({ callsMatched: 9, callsFailed: 1 })
  const third = await connected({ incarnation: 2 })
  await reading(() => third.commands.map(({ type }) => type), ['arm'])
  third.say({ type: 'counts', id: fault.id, counts: { callsMatched: 1 } })
  await reading(() => fault.counts(), { callsMatched: 10, callsFailed: 1 })
})

test('disarming takes the last counts, and twice is once', async () => {
  const preload = await connected()
  const fault = await control.arm(order)
  await Promise.all([fault.disarm(), fault.disarm()])
  await fault.disarm()
  expect(preload.commands.map(({ type }) => type)).toEqual(['arm', 'disarm'])
  expect(fault.counts()).toEqual({ callsFailed: 1 })
})

test('a process that comes late is armed, unless its environment did it, and disarmed of what is over', async () => {
  const fault = await control.arm(order)
  expect(JSON.parse(control.environment().BREAKWATER_FAULTS ?? '')).toEqual([{ id: fault.id, ...order }])
  const late = await connected()
  await reading(() => late.commands.map(({ type, id }) => `${type} ${id}`), [`arm ${fault.id}`])
  const stale = await connected({ armed: [fault.id, 'f77'] })
  await reading(() => stale.commands.map(({ type, id }) => `${type} ${id}`), ['disarm f77'])
  expect(control.environment().BREAKWATER_FAULTS).toContain(fault.id)
  await fault.disarm()
  expect(control.environment()).toEqual({ BREAKWATER_CONTROL: control.path })
})

test('an id is armed once', async () => {
  await control.arm({ ...order, id: 'mine' })
  await expect(control.arm({ ...order, id: 'mine' })).rejects.toThrow(/mine is armed already.*BAD_USAGE/)
})

test('notices are kept once each, and a line that is no JSON is one', async () => {
  const preload = await connected()
  preload.say({ type: 'notice', message: 'addon' })
  preload.say({ type: 'notice', message: 'addon' })
  preload.socket.write('nonsense\n')
  await reading(() => control.notices().length, 2)
  expect(control.notices()[0]).toBe('addon')
  expect(control.notices()[1]).toMatch(/^n1 \(pid \d+\) sent what is no JSON line .*nonsense/)
})

test('a path that is too long, or taken, is said to be so', async () => {
  await expect(openControl(join(folder, 'x'.repeat(120)))).rejects.toThrow(/at most 100 fit.*BAD_USAGE/)
  await expect(openControl(control.path)).rejects.toThrow(/cannot be opened: .*EADDRINUSE.*PORT_TAKEN/)
})

test('closing leaves no socket behind', async () => {
  const preload = await connected()
  await control.close()
  await reading(() => preload.socket.destroyed, true)
  expect(existsSync(control.path)).toBe(false)
})

test('what a node keeps in memory is asked of the main thread of its newest life', async () => {
  const keeps = (bytes: number) => (command: Message) => ({ ...command, type: 'collected', retainedBytes: bytes })
  const lives = [
    await connected(),
    await connected({ incarnation: 2, threadId: 1, mainThread: false }),
    await connected({ incarnation: 2 }),
    await connected({ incarnation: 2, pid: 7 }),
  ]
  for (const [at, preload] of lives.entries()) preload.answer = keeps(at)
  expect(await control.retainedBytes()).toBe(2)
  expect(lives.map(({ commands }) => commands.length)).toEqual([0, 0, 1, 0])
})

test('what keeps a node alive is asked of the main thread of its newest life, and not known without it', async () => {
  await expect(control.activeResources()).rejects.toThrow(
    /What the node behind .*n1\.sock is kept alive by is not known.*\[INCONCLUSIVE\]$/,
  )
  const [old, young] = [await connected(), await connected({ incarnation: 2 })]
  const has = (active: object) => (command: Message) => ({ ...command, type: 'resources', active })
  old.answer = has({ Timeout: 9 })
  young.answer = has({ Timeout: 2, TCPSocketWrap: 1 })
  expect(await control.activeResources()).toEqual({ Timeout: 2, TCPSocketWrap: 1 })
  young.answer = () => undefined
  await expect(control.activeResources()).rejects.toThrow(/when asked to count its timers.*\[FAULT_FAILED\]$/)
})

test('the paths that were failed are kept as they are told, over processes and to the last', async () => {
  const [first, second] = [await connected(), await connected()]
  const fault = await control.arm(order)
  first.say({ type: 'counts', id: fault.id, counts: { callsFailed: 1 }, failedPaths: ['/a'] })
  await reading(() => fault.failedPaths(), ['/a'])
  second.answer = ({ type, id }) => ({ type: `${type}ed`, id, counts: { callsFailed: 2 }, failedPaths: ['/b', '/a'] })
  await fault.disarm()
  expect(fault.failedPaths()).toEqual(['/a', '/b', '/a'])
})

test('what is kept is not known where nobody is connected, or where who was asked is gone', async () => {
  const unknown = /What the node behind .*n1\.sock keeps in memory is not known.*\[INCONCLUSIVE\]$/
  await expect(control.retainedBytes()).rejects.toThrow(unknown)
  const preload = await connected()
  preload.answer = () => {
    preload.socket.destroy()
    return undefined
  }
  await expect(control.retainedBytes()).rejects.toThrow(unknown)
})

test('a process that is too busy to collect its garbage fails by name', async () => {
  const preload = await connected()
  preload.answer = () => undefined
  await expect(control.retainedBytes()).rejects.toThrow(
    /^n1 \(pid 100\) did not answer within .* when asked to collect its garbage.*\[FAULT_FAILED\]$/,
  )
})
