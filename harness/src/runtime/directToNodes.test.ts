import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { withLoopbackDirect } from './directToNodes.ts'

const run = promisify(execFile)

/** Asks a server on loopback in both of Node's ways, in a process whose environment names a proxy that nobody serves. */
const program = `
  import http, { createServer } from 'node:http'
  import { once } from 'node:events'
  const server = createServer((_, answer) => answer.end('direct')).listen(0, '127.0.3.4')
  await once(server, 'listening')
  const url = 'http://127.0.3.4:' + server.address().port
  const byFetch = () => fetch(url).then((answer) => answer.text(), (error) => error.cause.code)
  const byRequest = () => new Promise((resolve) => http.get(url, (answer) => answer.resume().on('end', () => resolve('direct')))
    .on('error', (error) => resolve(error.code)))
  const outside = () => fetch('http://outside.invalid/').catch((error) => error.cause.code)
  const before = [await byFetch(), await byRequest()]
  const { openProcessRuntime } = await import(${JSON.stringify(new URL('./process.ts', import.meta.url).href)})
  const runtime = await openProcessRuntime()
  console.log(JSON.stringify({ before, after: [await byFetch(), await byRequest()], outside: await outside() }))
  await runtime.close()
  process.exit(0)
`

test.each([
  ['NODE_USE_ENV_PROXY', { NODE_USE_ENV_PROXY: '1' }],
  ['--use-env-proxy', { NODE_OPTIONS: '--use-env-proxy' }],
])('%s sends what a node is asked to the node, and the rest to the proxy', async (_, asked) => {
  const env = { PATH: process.env.PATH, ...asked, HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'localhost,127.0.0.1' }
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { env })
  expect(JSON.parse(stdout)).toEqual({
    before: ['ECONNREFUSED', 'ECONNREFUSED'],
    after: ['direct', 'direct'],
    outside: 'ECONNREFUSED',
  })
})

test('a node inherits a proxy with loopback left out, and is not asked to use it by itself', () => {
  const env = withLoopbackDirect({
    https_proxy: 'http://p:1',
    NO_PROXY: 'corp.example',
    NODE_USE_ENV_PROXY: '1',
    A: 'b',
  })
  expect(env).toMatchObject({ https_proxy: 'http://p:1', A: 'b' })
  expect(env.NODE_USE_ENV_PROXY).toBeUndefined()
  expect(env.NO_PROXY).toMatch(/^corp\.example,localhost,127\.0\.0\.1,.*127\.0\.0\.0\/8/)
  expect(env.no_proxy).toBe(env.NO_PROXY)
  expect(withLoopbackDirect({ A: 'b' })).toEqual({ A: 'b' })
})
