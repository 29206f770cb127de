import { type Dispatcher, Pool } from 'undici'
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

/** A pool of kept connections to one origin. Handlers, not streams: half the CPU of `request()` for a small answer. */
export function openHttp(
  origin: string,
  { connections = 64, timeoutMs = 10_000 }: HttpOptions = {},
): Transport<HttpRequest, HttpAnswer> {
  const pool = new Pool(origin, { connections, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        pool.dispatch(
          {
            origin,
            method: request.method ?? 'GET',
            path: request.path,
            headers: request.headers ?? null,
            body: request.body ?? null,
          },
          new Answering(request, resolve, reject),
        )
      }),
    close: () => pool.destroy(),
  }
}

const empty = Buffer.alloc(0)

class Answering implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest
  readonly #resolve: (answer: HttpAnswer) => void
  readonly #reject: (error: TransportError) => void
  #status = 0
  #first: Buffer = empty
  #rest: Buffer[] | undefined

  constructor(request: HttpRequest, resolve: (answer: HttpAnswer) => void, reject: (error: TransportError) => void) {
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
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
    this.#resolve({ status: this.#status, body: this.#rest === undefined ? this.#first : Buffer.concat(this.#rest) })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(new TransportError(`${this.#request.method ?? 'GET'} ${this.#request.path}`, error))
  }
}
