import { Client, type Dispatcher } from 'undici'
import { Lanes } from './lanes.ts'
import { type Transport, TransportError } from './transport.ts'

export interface HttpRequest {
  method?: Dispatcher.HttpMethod
  path: string
  headers?: Readonly<Record<string, string>>
  body?: string | Buffer
}

export interface HttpAnswer {
  readonly status: number
  readonly body: Buffer
}

/** An answer that says no: 4xx did not happen, 5xx may have. */
export class StatusError extends Error {
  readonly status: number
  readonly outcome: 'fail' | 'info'
  constructor(status: number, body: Buffer) {
    super(`answered ${status}: ${body.toString('utf8', 0, 200)}`)
    this.name = 'StatusError'
    this.status = status
    this.outcome = status < 500 ? 'fail' : 'info'
  }
}

/** The answer, if it says yes. Throws StatusError. */
export function accepted(answer: HttpAnswer): HttpAnswer {
  if (answer.status >= 400) throw new StatusError(answer.status, answer.body)
  return answer
}

export interface HttpOptions {
  /** To the origin, kept open. Default 64. */
  connections?: number
  /** For the headers, and then for each piece of the body. Default 10 000. */
  timeoutMs?: number
}

/**
 * Kept connections to one origin, each an undici client. Handlers, not streams: half the CPU of `request()` for a small answer. And
 * not undici's own Pool: it takes a connection for busy until the loop has turned, so that a user's next request waits in its queue.
 */
export function openHttp(
  origin: string,
  { connections = 64, timeoutMs = 10_000 }: HttpOptions = {},
): Transport<HttpRequest, HttpAnswer> {
  let isClosed = false
  const lanes: Lanes<Client, Asked> = new Lanes({
    most: connections,
    open: () => new Client(origin, { headersTimeout: timeoutMs, bodyTimeout: timeoutMs }),
    ask: (client, asked) => client.dispatch(asked.options, new Answering(asked, client, lanes)),
  })
  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        const asked = new Asked(origin, request, resolve, reject)
        if (isClosed) asked.fail(new Error('the transport was closed'))
        else lanes.ask(asked)
      }),
    close: async () => {
      isClosed = true
      for (const asked of lanes.dropWaiting()) asked.fail(new Error('the transport was closed'))
      await Promise.all([...lanes.all].map((client) => client.destroy()))
    },
  }
}

const empty = Buffer.alloc(0)

class Asked {
  readonly options: Dispatcher.DispatchOptions
  readonly resolve: (answer: HttpAnswer) => void
  readonly #reject: (error: TransportError) => void

  constructor(
    origin: string,
    { method = 'GET', path, headers, body }: HttpRequest,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: TransportError) => void,
  ) {
    this.options = { origin, method, path, headers: headers ?? null, body: body ?? null }
    this.resolve = resolve
    this.#reject = reject
  }

  fail(error: Error): void {
    this.#reject(new TransportError(`${this.options.method} ${this.options.path}`, error))
  }
}

class Answering implements Dispatcher.DispatchHandler {
  readonly #asked: Asked
  readonly #client: Client
  readonly #lanes: Lanes<Client, Asked>
  #status = 0
  #first: Buffer = empty
  #rest: Buffer[] | undefined

  constructor(asked: Asked, client: Client, lanes: Lanes<Client, Asked>) {
    this.#asked = asked
    this.#client = client
    this.#lanes = lanes
  }

  /** Its presence tells undici which kind of handler this is. */
  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#first.length === 0) this.#first = chunk
    else if (this.#rest === undefined) this.#rest = [this.#first, chunk]
    else this.#rest.push(chunk)
  }

  onResponseEnd(): void {
    this.#asked.resolve({
      status: this.#status,
      body: this.#rest === undefined ? this.#first : Buffer.concat(this.#rest),
    })
    this.#lanes.free(this.#client)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#asked.fail(error)
    // The client is still putting its broken connection away; it opens another for what comes next.
    setImmediate(() => this.#lanes.free(this.#client))
  }
}
