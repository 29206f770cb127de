import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { GuardBed } from './guardBed.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('no artifact of a guard holds a secret of the environment; the names of what its nodes were given are told', async () => {
  const secret = 'correct-horse-battery'
  vi.stubEnv('SELF_API_TOKEN', secret)
  vi.stubEnv('SELF_PLAIN', 'plain-enough-to-be-read')
  await using bed = new GuardBed()
  const [node] = (await bed.start(1)).nodes
  // Said by the node itself, into its own log.
  await node.client.call(`/log?line=${secret}%20and%20more`)
  bed.run.report(`reading of ${secret}`, 1, 'ms', 2)
  await bed.close()
  const files = readdirSync(bed.folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  const contents = new Map(files.map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'latin1')]))
  expect([...contents.keys()]).toEqual(expect.arrayContaining(['guard.json', 'history.jsonl', 'n1.1.log']))
  for (const [name, content] of contents) expect(content.includes(secret), `${name} holds the secret`).toBe(false)
  expect(contents.get('n1.1.log')).toContain('[redacted]*********** and more')
  expect(contents.get('guard.json')).toContain('reading of [redacted]')
  expect(bed.saved().nodes[0]?.variables).toEqual(expect.arrayContaining(['ECHO_PORT', 'SELF_API_TOKEN', 'SELF_PLAIN']))
})
