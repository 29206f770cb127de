import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Metrics, parsePrometheus, readMetrics } from './metrics.ts'

const page = `# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"} 3

escaped{path="C:\\\\dir\\n\\"x\\"",brace="}"} 1.5e3
backlog_bytes 12
queue_age_seconds_bucket{le="+Inf"} +Inf
lowest -Inf
nothing NaN
`

const server = createServer((request, response) => {
  if (request.url === '/metrics') response.end(page)
  else response.writeHead(request.url === '/busy' ? 503 : 404).end()
})
let origin: string

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`
})

afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

test('values are found by name and by the labels that are given', () => {
  const metrics = new Metrics(parsePrometheus(page))
  expect(metrics.value('backlog_bytes')).toBe(12)
  expect(metrics.value('http_requests_total', { code: '400' })).toBe(3)
  expect(metrics.value('http_requests_total')).toBeUndefined()
  expect(metrics.sum('http_requests_total')).toBe(1030)
  expect(metrics.value('no_such_metric')).toBeUndefined()
  expect(metrics.sum('no_such_metric')).toBeUndefined()
})

test('escapes, exponents and the words for no finite number are read', () => {
  const metrics = new Metrics(parsePrometheus(page))
  expect(metrics.samples('escaped')[0]).toEqual({
    name: 'escaped',
    labels: { path: 'C:\\dir\n"x"', brace: '}' },
    value: 1500,
  })
  expect(metrics.value('queue_age_seconds_bucket', { le: '+Inf' })).toBe(Number.POSITIVE_INFINITY)
  expect(metrics.value('lowest')).toBe(Number.NEGATIVE_INFINITY)
  expect(metrics.value('nothing')).toBeNaN()
})

test('a page that is something else is refused, not read as empty', () => {
  expect(() => parsePrometheus('<html>')).toThrow('[ARTIFACT_UNREADABLE]')
})

test('a page is read over HTTP; a missing page and a missing server are told apart', async () => {
  expect((await readMetrics(`${origin}/metrics`)).value('backlog_bytes')).toBe(12)
  await expect(readMetrics(`${origin}/none`)).rejects.toThrow(/answered 404 .*\[ABILITY_MISSING\]/)
  await expect(readMetrics(`${origin}/busy`)).rejects.toThrow(/answered 503 .*\[NODE_NOT_READY\]/)
  await expect(readMetrics(`http://127.0.0.1:${await closedPort()}/metrics`)).rejects.toThrow(
    /ECONNREFUSED.*\[NODE_NOT_READY\]/,
  )
})

async function closedPort(): Promise<number> {
  const shortLived = createServer().listen(0, '127.0.0.1')
  await once(shortLived, 'listening')
  const { port } = shortLived.address() as { port: number }
  shortLived.close()
  await once(shortLived, 'close')
  return port
}
