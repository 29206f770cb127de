import { connect, type Socket } from 'node:net'
import { Lanes } from './lanes.ts'
import { type Transport, TransportError } from './transport.ts'

export interface RawOptions {
  host: string
  port: number
  /** How many bytes the first whole answer has; undefined while more are to come. */
  answerLength: (received: Buffer) => number | undefined
  /** Each carries one request at a time. Default 16. */
  connections?: number
}

interface Asked {
  request: Buffer
  resolve: (answer: Buffer) => void
  reject: (error: TransportError) => void
}

/** Bytes out, bytes in, over kept connections: for protocols of one's own, and for the least cost of a request. */
export function openRaw({ host, port, answerLength, connections = 16 }: RawOptions): Transport<Buffer, Buffer> {
  let isClosed = false
  const lanes: Lanes<RawConnection, Asked> = new Lanes({
    most: connections,
    open: () => {
      const connection = new RawConnection(connect({ host, port, noDelay: true }), `${host}:${port}`, answerLength, {
        onFree: () => lanes.free(connection),
        onEnd: () => lanes.lost(connection),
      })
      return connection
    },
    ask: (connection, asked) => connection.ask(asked),
  })
  const closed = () => new TransportError(`${host}:${port}`, new Error('the transport was closed'))

  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        if (isClosed) reject(closed())
        else lanes.ask({ request, resolve, reject })
      }),
    close: async () => {
      isClosed = true
      for (const { reject } of lanes.dropWaiting()) reject(closed())
      await Promise.all([...lanes.all].map((connection) => connection.close()))
    },
  }
}

class RawConnection {
  readonly #socket: Socket
  readonly #answerLength: RawOptions['answerLength']
  #asked: Asked | undefined
  #received: Buffer = Buffer.alloc(0)
  readonly #closed = Promise.withResolvers<void>()
  readonly #onFree: () => void

  constructor(
    socket: Socket,
    name: string,
    answerLength: RawOptions['answerLength'],
    { onFree, onEnd }: { onFree: () => void; onEnd: () => void },
  ) {
    this.#socket = socket
    this.#answerLength = answerLength
    this.#onFree = onFree
    let cause: Error = Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })
    socket.on('error', (error) => {
      cause = error
    })
    socket.on('data', (chunk) => this.#take(chunk))
    socket.once('close', () => {
      this.#asked?.reject(new TransportError(name, cause))
      this.#asked = undefined
      onEnd()
      this.#closed.resolve()
    })
  }

  ask(asked: Asked): void {
    this.#asked = asked
    this.#socket.write(asked.request)
  }

  close(): Promise<void> {
    this.#socket.destroy()
    return this.#closed.promise
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const length = this.#answerLength(this.#received)
    if (length === undefined || this.#asked === undefined) return
    const { resolve } = this.#asked
    const answer = this.#received.subarray(0, length)
    this.#received = this.#received.subarray(length)
    this.#asked = undefined
    resolve(answer)
    this.#onFree()
  }
}
