import http from 'node:http'
import type { Socket } from 'node:net'
import { HarnessError } from '../base/errors.ts'
import type { Random } from '../base/seed.ts'
import { type Endpoint, formatEndpoint } from '../network/endpoint.ts'
import { type ObjectStoreCall, readCall } from './objectStoreCall.ts'
import { ObjectStoreExchange, type Passage } from './objectStoreExchange.ts'

/** Decides over calls; the first that takes one has it. */
export interface CallInterceptor {
  /** True if the call is its own from now on. */
  take(call: ObjectStoreCall, exchange: ObjectStoreExchange): boolean
}

/** Sees connections before anything is read from them. */
export type ConnectionInterceptor = (socket: Socket) => void

export interface ObjectStoreDoorPlan {
  /** Where clients dial, and for which they sign. Port 0 lets the system choose. */
  readonly at: Endpoint
  /** Where the object store listens. */
  readonly target: Endpoint
  readonly random: Random
  /** For the names of faults. Default objectStore. */
  readonly name?: string
}

/**
 * A proxy in front of an object store that understands HTTP, so that faults can be aimed at single operations and keys.
 * Clients dial and sign for the door's own address; headers pass as they are, so signatures hold.
 */
export class ObjectStoreDoor implements AsyncDisposable {
  readonly name: string
  readonly random: Random
  readonly target: Endpoint
  readonly #server: http.Server
  readonly #agent = new http.Agent({ keepAlive: true })
  readonly #interceptors = new Set<CallInterceptor>()
  readonly #connectionInterceptors = new Set<ConnectionInterceptor>()
  readonly #sockets = new Set<Socket>()
  /** Calls that have neither been answered nor broken off. */
  readonly underWay = new Set<ObjectStoreExchange>()
  #at: Endpoint
  callsForwarded = 0

  private constructor(plan: ObjectStoreDoorPlan) {
    this.name = plan.name ?? 'objectStore'
    this.random = plan.random
    this.target = plan.target
    this.#at = plan.at
    this.#server = http.createServer({ requestTimeout: 0, keepAliveTimeout: 60_000, noDelay: true })
    this.#server.timeout = 0
    this.#server.on('connection', (socket) => this.#accept(socket))
    this.#server.on('request', (request, response) => this.#take(request, response, false))
    this.#server.on('checkContinue', (request, response) => this.#take(request, response, true))
    // What is no HTTP is none of the store's business either.
    this.#server.on('clientError', (_error, socket) => socket.destroy())
  }

  /** Throws PORT_TAKEN when somebody listens there already. */
  static async open(plan: ObjectStoreDoorPlan): Promise<ObjectStoreDoor> {
    const door = new ObjectStoreDoor(plan)
    await new Promise<void>((resolve, reject) => {
      door.#server.once('error', (cause: NodeJS.ErrnoException) => {
        const isTaken = cause.code === 'EADDRINUSE'
        const message = `The door ${formatEndpoint(plan.at)} of the object store is in use by another process.`
        reject(isTaken ? new HarnessError('PORT_TAKEN', message, { cause }) : cause)
      })
      door.#server.listen({ ...plan.at, exclusive: true }, resolve)
    })
    const address = door.#server.address()
    if (typeof address === 'object' && address !== null) door.#at = { host: plan.at.host, port: address.port }
    return door
  }

  /** What clients are given. */
  get endpoint(): string {
    return `http://${formatEndpoint(this.#at)}`
  }

  intercept(interceptor: CallInterceptor): () => void {
    this.#interceptors.add(interceptor)
    return () => void this.#interceptors.delete(interceptor)
  }

  /** Also hands over, once, every connection that is open now. */
  interceptConnections(interceptor: ConnectionInterceptor): () => void {
    this.#connectionInterceptors.add(interceptor)
    for (const socket of this.#sockets) interceptor(socket)
    return () => void this.#connectionInterceptors.delete(interceptor)
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    for (const interceptor of this.#connectionInterceptors) interceptor(socket)
  }

  #take(request: http.IncomingMessage, response: http.ServerResponse, mustContinue: boolean): void {
    const isCopy = request.headers['x-amz-copy-source'] !== undefined
    const call = readCall(request.method ?? 'GET', request.url ?? '/', isCopy)
    const exchange = new ObjectStoreExchange(request, response, mustContinue)
    this.underWay.add(exchange)
    exchange.onClose(() => this.underWay.delete(exchange))
    for (const interceptor of this.#interceptors) if (interceptor.take(call, exchange)) return
    this.forward(exchange)
  }

  forward(exchange: ObjectStoreExchange, passage: Passage = {}): void {
    this.callsForwarded++
    exchange.forward(this.target, this.#agent, passage)
  }

  /** Ends every connection. Heal what is open before. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    this.#agent.destroy()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
