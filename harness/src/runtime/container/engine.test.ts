import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openEngine } from './engine.ts'

test('a DOCKER_HOST that leads nowhere is named, and no other engine is taken instead', async () => {
  await expect(openEngine({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })).rejects.toMatchObject({
    code: 'DOCKER_MISSING',
    message: expect.stringContaining('DOCKER_HOST=unix:///nowhere/docker.sock'),
  })
})

test('an engine that takes the call and never answers is told within its budget', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-engine-'))
  const path = join(folder, 'silent.sock')
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(path, resolve))
  try {
    await expect(openEngine({ DOCKER_HOST: `unix://${path}` })).rejects.toMatchObject({ code: 'DOCKER_SILENT' })
  } finally {
    server.close()
    rmSync(folder, { recursive: true })
  }
})
