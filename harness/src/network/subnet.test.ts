import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { claimSubnet } from './subnet.ts'

const script = `
  const { claimSubnet } = await import(${JSON.stringify(new URL('./subnet.ts', import.meta.url).href)})
  const subnet = await claimSubnet(Number(process.argv[1]))
  console.log(subnet.hostOf(1))
  process.stdin.resume()
`

/** Claims from another process, which keeps its claim until its standard input ends. */
async function claimElsewhere(startAt: number): Promise<{ host: string; end: () => Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script, String(startAt)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [host] = (await once(createInterface(child.stdout!), 'line')) as [string]
  return {
    host,
    async end() {
      child.stdin!.end()
      await once(child, 'exit')
    },
  }
}

test('two processes that look in the same place claim different subnets', async () => {
  const startAt = 60_000 + (process.pid % 1_000)
  const first = await claimElsewhere(startAt)
  const second = await claimElsewhere(startAt)
  expect(second.host).not.toBe(first.host)
  await first.end()
  const third = await claimElsewhere(startAt)
  expect(third.host).toBe(first.host)
  await second.end()
  await third.end()
})

test('one process never claims a subnet twice, released or not', async () => {
  const hosts: string[] = []
  for (let round = 0; round < 5; round++) {
    const subnet = await claimSubnet()
    hosts.push(subnet.hostOf(1))
    await subnet.release()
    await subnet.release()
  }
  expect(new Set(hosts).size).toBe(5)
})

test('hosts are loopback addresses numbered from 1, and the one that holds the claim is not given away', async () => {
  const subnet = await claimSubnet()
  expect(subnet.hostOf(7)).toMatch(/^127\.\d+\.\d+\.7$/)
  for (const index of [0, 254, 1.5]) expect(() => subnet.hostOf(index)).toThrow(/BAD_USAGE/)
  await subnet.release()
})
