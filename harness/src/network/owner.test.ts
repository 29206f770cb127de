import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { dialOf } from './door.ts'
import type { Dial } from './endpoint.ts'
import { awaited, NetworkBed } from './networkBed.ts'
import { ownerOfSocket } from './owner.ts'

const dial =
  'const [, host, port, localPort] = process.argv; require("node:net").connect({ host, port, localPort: Number(localPort) || undefined }).on("error", () => {}).write("me"); process.stdin.resume().on("end", () => process.exit())'
/** A parent that dials nothing itself: the socket belongs to its child. */
const dialFromChild = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(dial)}, ...process.argv.slice(1)], { stdio: ["inherit", "ignore", "inherit"] })`

function start(script: string, host: string, port: number, localPort = 0): ChildProcess {
  const child = spawn(process.execPath, ['-e', script, host, String(port), String(localPort)], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  onTestFinished(async () => {
    const exited = once(child, 'exit')
    child.stdin?.end()
    await exited
  })
  return child
}

async function listening(host: string) {
  const dialled: Dial[] = []
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {}) // the processes above just go away
    socket.resume()
    const dial = dialOf(socket)
    if (dial) dialled.push(dial)
  })
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { dialled, port: (server.address() as { port: number }).port }
}

/** Both that dial from it must bind it themselves: only then does the kernel let them share it. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

test.each(['127.0.0.1', '::1', '::'])(
  'the process that owns a source port is found, also through its parent (%s)',
  async (host) => {
    const { dialled, port } = await listening(host)
    const target = host === '::' ? '127.0.0.1' : host // dual stack: the source is then ::ffff:127.0.0.1
    const direct = start(dial, target, port)
    await awaited(
      'the first dial',
      () => dialled.length,
      (count) => count === 1,
    )
    const parent = start(dialFromChild, target, port)
    await awaited(
      'the second dial',
      () => dialled.length,
      (count) => count === 2,
    )
    const pids = () =>
      new Map([
        ['n1', [direct.pid as number]],
        ['n2', [parent.pid as number]],
      ])
    const [first] = dialled as [Dial, Dial]
    expect(dialled.map((each) => ownerOfSocket(each, pids))).toEqual(['n1', 'n2'])
    expect(ownerOfSocket(first, () => new Map())).toBeUndefined()
    expect(ownerOfSocket({ ...first, source: { ...first.source, port: 1 } }, pids)).toBeUndefined()
  },
)

test('two processes that dial from the same port are told apart by where they dial to', async () => {
  const beds = [await listening('127.0.0.1'), await listening('127.0.0.1')] as const
  const pids = new Map<string, number[]>()
  const localPort = await freePort()
  for (const [at, { dialled, port }] of beds.entries()) {
    pids.set(`n${at + 1}`, [start(dial, '127.0.0.1', port, localPort).pid as number])
    await awaited(
      `the dial of n${at + 1}`,
      () => dialled.length,
      (count) => count === 1,
    )
  }
  const dials = beds.map(({ dialled }) => dialled[0] as Dial)
  expect(dials.map(({ source }) => source.port)).toEqual([localPort, localPort])
  expect(dials.map((each) => ownerOfSocket(each, () => pids))).toEqual(['n1', 'n2'])
})

test('a network attributes a process that does not bind its source address by who owns the port', async () => {
  const pids = new Map<string, number[]>()
  await using bed = await NetworkBed.open((plan) => ({
    ...plan,
    whoDialled: (each) => ownerOfSocket(each, () => pids),
  }))
  // Set before the dial can arrive: spawn gives the pid at once.
  pids.set('n1', [start(dial, bed.hostOf('n2'), 9000).pid as number])
  await awaited(
    'bytes of n1',
    () => bed.network.link('n1', 'n2').bytesPassed,
    (count) => count === 2,
  )
})
