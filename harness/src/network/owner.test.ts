import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Endpoint } from './endpoint.ts'
import { awaited, NetworkBed } from './networkBed.ts'
import { ownerOfSocket } from './owner.ts'

const dial =
  'require("node:net").connect(Number(process.argv[2]), process.argv[1]).on("error", () => {}).write("me"); process.stdin.resume().on("end", () => process.exit())'
/** A parent that dials nothing itself: the socket belongs to its child. */
const dialFromChild = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(dial)}, ...process.argv.slice(1)], { stdio: ["inherit", "ignore", "inherit"] })`

function start(script: string, host: string, port: number): ChildProcess {
  const child = spawn(process.execPath, ['-e', script, host, String(port)], { stdio: ['pipe', 'ignore', 'inherit'] })
  onTestFinished(async () => {
    const exited = once(child, 'exit')
    child.stdin?.end()
    await exited
  })
  return child
}

async function listening(host: string) {
  const dialled: Endpoint[] = []
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {}) // the processes above just go away
    socket.resume()
    dialled.push({ host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 })
  })
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { dialled, port: (server.address() as { port: number }).port }
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
    const sources = dialled.map((source) => ({ ...source, host: source.host.replace('::ffff:', '') }))
    expect(sources.map((source) => ownerOfSocket(source, pids))).toEqual(['n1', 'n2'])
    expect(ownerOfSocket(sources[0] as Endpoint, () => new Map())).toBeUndefined()
    expect(ownerOfSocket({ host: target, port: 1 }, pids)).toBeUndefined()
  },
)

test('a network attributes a process that does not bind its source address by who owns the port', async () => {
  const pids = new Map<string, number[]>()
  await using bed = await NetworkBed.open((plan) => ({
    ...plan,
    whoDialled: (source) => ownerOfSocket(source, () => pids),
  }))
  // Set before the dial can arrive: spawn gives the pid at once.
  pids.set('n1', [start(dial, bed.hostOf('n2'), 9000).pid as number])
  await awaited(
    'bytes of n1',
    () => bed.network.link('n1', 'n2').bytesPassed,
    (count) => count === 2,
  )
})
