import { once } from 'node:events'
import http from 'node:http'
import { Seed } from '../base/seed.ts'
import { ObjectStoreDoor } from './objectStoreDoor.ts'

/** What came back: a status and bytes, or how it broke. */
export interface Seen {
  readonly status: number | undefined
  readonly bytes: Buffer
  readonly errorCode: string | undefined
}

/** A server that keeps what is put, with a door before it. For tests. */
export class ObjectStoreBed implements AsyncDisposable {
  readonly door: ObjectStoreDoor
  readonly objects: Map<string, Buffer>
  readonly hosts: Set<string>
  readonly #server: http.Server
  readonly #agent = new http.Agent({ keepAlive: true })

  static async open(seed = 7): Promise<ObjectStoreBed> {
    const objects = new Map<string, Buffer>()
    const hosts = new Set<string>()
    const server = http.createServer((request, response) => serve(objects, hosts, request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new Error('a listener without a port')
    const door = await ObjectStoreDoor.open({
      at: { host: '127.0.0.1', port: 0 },
      target: { host: '127.0.0.1', port: address.port },
      random: new Seed(seed).stream('objectStore'),
    })
    return new ObjectStoreBed(door, server, objects, hosts)
  }

  private constructor(door: ObjectStoreDoor, server: http.Server, objects: Map<string, Buffer>, hosts: Set<string>) {
    this.door = door
    this.#server = server
    this.objects = objects
    this.hosts = hosts
  }

  /** One call through the door on a connection that is kept, with what its client came to see. */
  call(method: string, path: string, body?: Buffer, signal?: AbortSignal): Promise<Seen> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = []
      let status: number | undefined
      const done = (errorCode?: string) => resolve({ status, bytes: Buffer.concat(chunks), errorCode })
      const headers = { 'content-length': String(body?.length ?? 0) }
      const options = { method, agent: this.#agent, headers, ...(signal ? { signal } : {}) }
      const request = http.request(this.door.endpoint + path, options, (response) => {
        status = response.statusCode
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => done())
        response.on('error', (error: NodeJS.ErrnoException) => done(error.code))
      })
      request.on('error', (error: NodeJS.ErrnoException) => done(error.code))
      request.end(body)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy()
    await this.door.close()
    await this.stopStore()
  }

  async stopStore(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

function serve(
  objects: Map<string, Buffer>,
  hosts: Set<string>,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  const path = request.url ?? ''
  hosts.add(request.headers.host ?? '')
  const chunks: Buffer[] = []
  // A body that breaks off is never kept.
  request.on('error', () => {})
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    if (request.method === 'PUT') {
      objects.set(path, Buffer.concat(chunks))
      response.end()
      return
    }
    const object = objects.get(path)
    response.writeHead(object ? 200 : 404, { 'content-length': object?.length ?? 0 })
    response.end(request.method === 'HEAD' ? undefined : object)
  })
}
