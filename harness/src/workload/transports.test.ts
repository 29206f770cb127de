import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { endingOf } from './ending.ts'
import { accepted, openHttp, StatusError } from './http.ts'
import { openRaw } from './rawSocket.ts'
import type { Transport } from './transport.ts'
import { openWebSocket } from './webSocket.ts'

const undo: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

function kept<Of extends Transport<never, unknown>>(transport: Of): Of {
  undo.push(() => transport.close())
  return transport
}

async function http(listener: RequestListener, options = {}) {
  return kept(openHttp(`http://127.0.0.1:${await listening(createServer(listener))}`, options))
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

test('HTTP carries method, headers and body there and status and body back', async () => {
  const client = await http(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    response.writeHead(201).end(`${request.method} ${request.url} ${request.headers['x-shard']} ${body}`)
  })
  const answer = await client.request({ method: 'PUT', path: '/a?b=1', headers: { 'x-shard': 's1' }, body: 'text' })
  expect([answer.status, String(answer.body)]).toEqual([201, 'PUT /a?b=1 s1 text'])
})

test('a body in many pieces arrives whole', async () => {
  const client = await http((_request, response) => {
    for (let piece = 0; piece < 50; piece++) response.write(Buffer.alloc(10_000, piece))
    response.end()
  })
  const { body } = await client.request({ path: '/' })
  expect([body.length, body[0], body[499_999]]).toEqual([500_000, 0, 49])
})

test.each([
  [404, 'fail'],
  [503, 'info'],
] as const)('an answer of %i is refused as %s', async (status, outcome) => {
  const client = await http((_request, response) => response.writeHead(status).end('no'))
  const error = await failure(client.request({ path: '/' }).then(accepted))
  expect(error).toBeInstanceOf(StatusError)
  expect(endingOf(error)).toEqual({ outcome, reason: `status ${status}` })
})

test('nobody listening is a failure, a cut connection and a late answer nobody can know', async () => {
  const refused = kept(openHttp('http://127.0.0.1:1'))
  expect(endingOf(await failure(refused.request({ path: '/' })))).toEqual({ outcome: 'fail', reason: 'refused' })
  const cut = await http((request) => request.socket.destroy())
  expect(endingOf(await failure(cut.request({ path: '/' })))).toEqual({ outcome: 'info', reason: 'reset' })
})

test('HTTP opens as many connections as it may, one request at a time on each; what comes beyond waits', async () => {
  let underWay = 0
  let most = 0
  const sockets = new Set<unknown>()
  const client = await http(
    (request, response) => {
      sockets.add(request.socket)
      most = Math.max(most, ++underWay)
      setTimeout(() => {
        underWay--
        response.end(request.url)
      }, 2)
    },
    { connections: 3 },
  )
  const paths = Array.from({ length: 40 }, (_, at) => `/${at}`)
  const answers = await Promise.all(paths.map((path) => client.request({ path })))
  expect(answers.map(({ body }) => String(body))).toEqual(paths)
  expect([most, sockets.size]).toEqual([3, 3])
})

test('an HTTP connection that is cut fails its request alone, and what waits for it gets another', async () => {
  const client = await http(
    (request, response) => (request.url === '/cut' ? request.socket.destroy() : response.end('ok')),
    { connections: 1 },
  )
  const cut = failure(client.request({ path: '/cut' }))
  const next = client.request({ path: '/' })
  expect(endingOf(await cut)).toEqual({ outcome: 'info', reason: 'reset' })
  expect(String((await next).body)).toBe('ok')
})

test('closing HTTP rejects what waits in line, and what comes after', async () => {
  const asked = Promise.withResolvers<void>()
  const client = await http(() => asked.resolve(), { connections: 1 })
  const waiting = [client.request({ path: '/a' }), client.request({ path: '/b' })].map(failure)
  await asked.promise
  await client.close()
  for (const each of [...waiting, failure(client.request({ path: '/c' }))]) {
    expect(endingOf(await each).outcome).toBe('info')
  }
})

test('a transport that is closed in the middle rejects what waits', async () => {
  const asked = Promise.withResolvers<void>()
  const client = await http(() => asked.resolve())
  const waiting = failure(client.request({ path: '/' }))
  await asked.promise
  await client.close()
  expect(endingOf(await waiting).outcome).toBe('info')
})

/** A server of lines: answers each line by itself, upside down; "cut" cuts. */
async function lineServer(): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const line = String(chunk)
      if (line === 'cut\n') socket.destroy()
      else for (const letter of `${[...line.trim()].reverse().join('')}\n`) socket.write(letter)
    })
  })
  return await listening(server)
}

const lineLength = (received: Buffer) => {
  const end = received.indexOf('\n')
  return end < 0 ? undefined : end + 1
}

test('bare sockets carry more requests than connections, each with its own answer', async () => {
  const client = kept(
    openRaw({ host: '127.0.0.1', port: await lineServer(), answerLength: lineLength, connections: 3 }),
  )
  const words = Array.from({ length: 40 }, (_, at) => `word${at}`)
  const answers = await Promise.all(words.map((word) => client.request(Buffer.from(`${word}\n`))))
  expect(answers.map((answer) => String(answer))).toEqual(words.map((word) => `${[...word].reverse().join('')}\n`))
})

test('a bare socket that is cut fails its request alone, and the next one gets a connection of its own', async () => {
  const client = kept(
    openRaw({ host: '127.0.0.1', port: await lineServer(), answerLength: lineLength, connections: 1 }),
  )
  const cut = failure(client.request(Buffer.from('cut\n')))
  const next = client.request(Buffer.from('abc\n'))
  expect(endingOf(await cut)).toEqual({ outcome: 'info', reason: 'reset' })
  expect(String(await next)).toBe('cba\n')
})

test('closing bare sockets rejects what waits in line', async () => {
  const server = createTcpServer((socket) => socket.on('error', () => {}))
  const client = openRaw({ host: '127.0.0.1', port: await listening(server), answerLength: lineLength, connections: 1 })
  const both = Promise.all(['a', 'b'].map((word) => failure(client.request(Buffer.from(word)))))
  await client.close()
  for (const error of await both) expect(error).toBeInstanceOf(Error)
})

/** Answers each message with itself, the pairs in reverse order. */
async function echoSocketServer(inPairs: boolean): Promise<string> {
  const { WebSocketServer } = await import('ws')
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  undo.push(() => {
    for (const client of sockets.clients) client.terminate()
    sockets.close()
  })
  sockets.on('connection', (socket) => {
    let held: string | undefined
    socket.on('message', (data) => {
      const text = String(data)
      if (text === 'cut') return socket.terminate()
      if (!inPairs) return socket.send(text)
      if (held === undefined) held = text
      else for (const each of [text, held]) socket.send(each)
    })
  })
  return `ws://127.0.0.1:${await listening(server)}`
}

test('a WebSocket answers in the order of its requests', async () => {
  const client = kept(await openWebSocket(await echoSocketServer(false)))
  expect(await Promise.all(['a', 'b', 'c'].map((word) => client.request(word)))).toEqual(['a', 'b', 'c'])
})

test('answers in another order find their requests by id', async () => {
  const idOf = (message: string | ArrayBuffer) => String(message).split(' ')[0]!
  const client = kept(await openWebSocket(await echoSocketServer(true), { idOf }))
  expect(await Promise.all(['1 a', '2 b'].map((message) => client.request(message)))).toEqual(['1 a', '2 b'])
})

test('a WebSocket that is cut rejects what waits and what comes after', async () => {
  const client = kept(await openWebSocket(await echoSocketServer(false)))
  expect(endingOf(await failure(client.request('cut')))).toEqual({ outcome: 'info', reason: 'reset' })
  expect(endingOf(await failure(client.request('a')))).toEqual({ outcome: 'info', reason: 'reset' })
})

test('a WebSocket that nobody answers cannot be opened', async () => {
  await expect(openWebSocket('ws://127.0.0.1:1')).rejects.toThrow('ws://127.0.0.1:1')
})
