import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { leftBehind } from './leftBehind.ts'

test('a listener and a folder that are still there are named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-left-'))
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  try {
    const at = { host: '127.0.0.1', port }
    expect(await leftBehind([at], folder)).toEqual([`a listener on 127.0.0.1:${port}`, `the folder ${folder}`])
  } finally {
    await new Promise((resolve) => server.close(resolve))
    rmSync(folder, { recursive: true })
  }
  expect(await leftBehind([{ host: '127.0.0.1', port }], folder)).toEqual([])
})

test('an address of another machine is not taken here', async () => {
  expect(await leftBehind([{ host: '192.0.2.1', port: 9001 }], '/nowhere')).toEqual([])
})
