// The least system that Breakwater can test: it answers, and does to itself what the path asks for.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, copyFile, open, unlink, writeFile } from 'node:fs/promises'
import { Agent, createServer, get } from 'node:http'

process.on('unhandledRejection', () => {}) // swallows, as careless programs do

const { ECHO_HOST: host, ECHO_PORT: port } = process.env
const pool = new Agent({ keepAlive: true, maxSockets: 1 })

const timers = []

const routes = {
  '/throw': () => void Promise.reject(new Error('nobody caught this')),
  '/exit': () => void setImmediate(() => process.exit(7)),
  '/log': ({ line }) => console.log(line),
  '/now': () => String(Date.now()),
  '/bytes': ({ count }) => Buffer.alloc(Number(count), 'x'),
  '/write': ({ name }) => writeFile(name, 'written'),
  '/append': ({ name, text }) => appendFile(name, text),
  '/copy': ({ from, to }) => copyFile(from, to),
  '/sync': ({ name }) => sync(name),
  '/leak': leak,
  '/child': () => String(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).pid),
  '/timer': ({ cancel }) =>
    cancel === undefined ? void timers.push(setInterval(() => {}, 60_000)) : clearInterval(timers.pop()),
  '/dial': dial,
}

/** Asks another node, from this node's address, and passes its answer on. `pooled` goes over one connection that is kept. */
async function dial(to) {
  const agent = to.pooled ? pool : false
  const request = get({ host: to.host, port: to.port, path: to.path ?? '/', localAddress: host, agent })
  const [response] = await once(request, 'response')
  return Buffer.concat(await response.toArray())
}

const leaked = []

/** Opens a file, removes it and never closes it. */
async function leak() {
  const name = `leaked-${leaked.length}`
  leaked.push(await open(name, 'w'))
  await unlink(name)
}

/** A file, or a folder for the names in it. */
async function sync(name) {
  const file = await open(name)
  await file.sync()
  await file.close()
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://echo')
  try {
    response.end((await routes[pathname]?.(Object.fromEntries(searchParams))) ?? 'ok')
  } catch (error) {
    response.writeHead(500).end(error.code ?? String(error))
  }
})
const { ECHO_SILENT_FROM: silentFrom = 'never', BREAKWATER_INCARNATION: life } = process.env
// From that life on it starts and never serves.
if (silentFrom === 'never' || Number(life) < Number(silentFrom)) {
  server.listen(Number(port), host, () => console.log('listening'))
} else setInterval(() => {}, 60_000)
process.on('SIGTERM', () => process.exit(0))
