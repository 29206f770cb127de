import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { readProcess } from './processReading.ts'
import { readEntry, readProcessTable, readThreadStates, requireLinux } from './processTable.ts'
import { listeningPorts, parseSocketTable, socketsOf } from './sockets.ts'

test('the reading of this process agrees with what it knows of itself', () => {
  const reading = readProcess(process.pid)
  const rssBytes = process.memoryUsage().rss
  expect(Math.abs((reading?.rssBytes ?? 0) - rssBytes) / rssBytes).toBeLessThan(0.1)
  expect(reading?.peakRssBytes).toBeGreaterThanOrEqual(reading?.rssBytes ?? Number.POSITIVE_INFINITY)
  expect(reading?.rssAnonBytes).toBeGreaterThan(1e6)
  expect(reading?.threadCount).toBe(readThreadStates(process.pid).length)
  const { user, system } = process.cpuUsage()
  expect(Math.abs((reading?.cpuMs ?? 0) - (user + system) / 1000)).toBeLessThan(50)
})

test('open sockets, their owner and the listening port are read from outside', async () => {
  const before = readProcess(process.pid)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const client = createConnection(port, '127.0.0.1')
  const [accepted] = await once(server, 'connection')
  try {
    expect(listeningPorts(process.pid)).toContain(port)
    const dialled = socketsOf(process.pid).find((socket) => socket.remotePort === port)
    expect(dialled).toMatchObject({ localHost: '127.0.0.1', localPort: client.localPort, state: 'established' })
    const after = readProcess(process.pid)
    expect((after?.socketCount ?? 0) - (before?.socketCount ?? 0)).toBe(3)
    expect((after?.handleCount ?? 0) - (before?.handleCount ?? 0)).toBe(3)
  } finally {
    client.destroy()
    accepted.destroy()
    server.close()
    await once(server, 'close')
  }
  expect(listeningPorts(process.pid)).not.toContain(port)
})

test('addresses of the kernel tables are read in both families', () => {
  const row = (local: string, remote: string, state: string) =>
    `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000 100 0 0 10 0`
  const table = [
    '  sl  local_address rem_address   st tx_queue …',
    row('0307417F:2329', '00000000:0000', '0A'),
    row('0000000000000000FFFF00000100007F:2328', '00000000000000000000000001000000:0050', '01'),
  ].join('\n')
  expect(parseSocketTable(table)).toEqual([
    { localHost: '127.65.7.3', localPort: 9001, remoteHost: '0.0.0.0', remotePort: 0, state: 'listening', inode: 4711 },
    { localHost: '127.0.0.1', localPort: 9000, remoteHost: '::1', remotePort: 80, state: 'established', inode: 4711 },
  ])
})

test('a process that is gone has no reading, no sockets and no entry', async () => {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
  const pid = child.pid as number
  expect(readEntry(pid)?.parentPid).toBe(process.pid)
  await once(child, 'exit')
  expect(readProcess(pid)).toBeUndefined()
  expect(socketsOf(pid)).toEqual([])
  expect(readEntry(pid)).toBeUndefined()
  expect(readThreadStates(pid)).toEqual([])
})

test('a command with blanks and brackets in its name does not shift the fields', async () => {
  const child = spawn(process.execPath, [
    '-e',
    'process.title = "a) S (b c"; console.log(1); setInterval(() => {}, 1000)',
  ])
  await once(child.stdout, 'data')
  const entry = readProcessTable().find((each) => each.pid === child.pid)
  expect(entry).toMatchObject({ parentPid: process.pid, command: expect.stringContaining('a) S (b') })
  child.kill('SIGKILL')
  await once(child, 'exit')
})

test('elsewhere than on Linux the refusal names what is missing', () => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor
  Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' })
  try {
    expect(() => requireLinux('The memory probe')).toThrow(
      /^The memory probe needs Linux .* this is darwin\..* \[PLATFORM_LACKS\]$/,
    )
  } finally {
    Object.defineProperty(process, 'platform', platform)
  }
})
