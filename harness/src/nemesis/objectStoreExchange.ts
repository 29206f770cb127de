import http from 'node:http'
import type { Transform } from 'node:stream'
import type { Endpoint } from '../network/endpoint.ts'

/** Headers that speak of one connection, and not of the request. */
const hopHeaders = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

/** What may be done to an exchange on its way; nothing by default. */
export interface Passage {
  /** Bytes of the request's body after which both connections are cut. */
  readonly cutRequestAfter?: number
  /** Most bytes of the answer's body that the client may see before the cut; `half` of what its length says. */
  readonly cutAnswerAfter?: number | 'half'
  /** The store's answer is read to its end and thrown away; then the client is cut. */
  readonly loseAnswer?: boolean
  /** Through which the answer's body goes. */
  readonly slow?: () => Transform
  onCut?(): void
  /** With the status that the client did not come to see. */
  onLost?(status: number): void
}

/** One request between the client and the store. Both bodies are streamed: neither side is read faster than the other takes. */
export class ObjectStoreExchange {
  readonly #request: http.IncomingMessage
  readonly #response: http.ServerResponse
  readonly #mustContinue: boolean
  #upstream: http.ClientRequest | undefined
  #isSilent = false

  constructor(request: http.IncomingMessage, response: http.ServerResponse, mustContinue: boolean) {
    this.#request = request
    this.#response = response
    this.#mustContinue = mustContinue
    // A connection that breaks is no news here: the other side is ended where it is noticed.
    request.on('error', () => {})
    response.on('error', () => {})
  }

  get bodyBytes(): number {
    return Number(this.#request.headers['content-length'] ?? 0)
  }

  onClose(handler: () => void): void {
    this.#response.once('close', handler)
  }

  /** Answers in the store's name. */
  refuse(status: number, code: string, message: string): void {
    const text =
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>` +
      '<RequestId>BREAKWATER</RequestId></Error>'
    const length = String(Buffer.byteLength(text))
    // A body that waits for "100 Continue" will not come: its connection cannot be used again.
    const closing = this.#mustContinue ? { connection: 'close' } : {}
    const headers = { 'content-type': 'application/xml', 'content-length': length, ...closing }
    this.#response.writeHead(status, headers)
    this.#response.end(this.#request.method === 'HEAD' ? undefined : text)
    this.#request.resume()
  }

  /** Takes the body and says nothing. */
  swallow(): void {
    if (this.#mustContinue) this.#response.writeContinue()
    this.#request.resume()
  }

  /** Cuts the call off from the store; the client hears nothing more and is not read from. */
  silence(): void {
    this.#isSilent = true
    this.#request.unpipe()
    this.#request.pause()
    this.#upstream?.destroy()
  }

  /** Resets the client's connection. */
  reset(): void {
    this.#request.socket.resetAndDestroy()
  }

  forward(target: Endpoint, agent: http.Agent, passage: Passage): void {
    const upstream = http.request({
      host: target.host,
      port: target.port,
      agent,
      method: this.#request.method ?? 'GET',
      path: this.#request.url ?? '/',
      // As they came, Host included: the signature covers them.
      headers: forwarded(this.#request) as unknown as http.OutgoingHttpHeaders,
      setHost: false,
    })
    this.#upstream = upstream
    upstream.on('continue', () => this.#response.writeContinue())
    upstream.on('response', (answer) => this.#answer(answer, passage))
    // The store cannot be reached or broke off: the client sees the same.
    upstream.on('error', () => this.#breakOff())
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) upstream.destroy()
    })
    if (this.#mustContinue) upstream.flushHeaders()
    this.#send(upstream, passage)
  }

  #breakOff(): void {
    if (!this.#isSilent) this.reset()
  }

  #send(upstream: http.ClientRequest, passage: Passage): void {
    const { cutRequestAfter } = passage
    if (cutRequestAfter === undefined) {
      this.#request.pipe(upstream)
      return
    }
    let sentBytes = 0
    this.#request.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, cutRequestAfter - sentBytes)
      sentBytes += part.length
      const isFull = !upstream.write(part)
      if (sentBytes >= cutRequestAfter) {
        this.#request.pause()
        passage.onCut?.()
        // What was let through shall have left before the cut.
        upstream.write('', () => {
          upstream.destroy()
          this.reset()
        })
      } else if (isFull) {
        this.#request.pause()
        upstream.once('drain', () => this.#request.resume())
      }
    })
  }

  #answer(answer: http.IncomingMessage, passage: Passage): void {
    const status = answer.statusCode ?? 502
    answer.on('error', () => this.#breakOff())
    if (passage.loseAnswer) {
      answer.resume()
      answer.once('end', () => {
        passage.onLost?.(status)
        this.reset()
      })
      return
    }
    const headers = withoutHops(answer.rawHeaders)
    // Some clients read the length of the whole from it, so it is never left to chunks where the store gave one.
    this.#response.writeHead(status, answer.statusMessage ?? '', headers as unknown as http.OutgoingHttpHeaders)
    if (passage.cutAnswerAfter !== undefined) this.#cutAnswer(answer, passage.cutAnswerAfter, passage)
    else if (passage.slow) {
      const slow = passage.slow()
      this.#response.once('close', () => slow.destroy())
      answer.pipe(slow).pipe(this.#response)
    } else answer.pipe(this.#response)
  }

  #cutAnswer(answer: http.IncomingMessage, after: number | 'half', passage: Passage): void {
    const length = Number(answer.headers['content-length'] ?? 0)
    const limit = after === 'half' ? Math.floor(length / 2) : after
    let sentBytes = 0
    let isCut = false
    const cut = () => {
      if (isCut) return
      isCut = true
      answer.pause()
      passage.onCut?.()
      this.#response.write('', () => this.reset())
    }
    this.#response.flushHeaders()
    answer.on('data', (chunk: Buffer) => {
      if (isCut) return
      const part = chunk.subarray(0, limit - sentBytes)
      sentBytes += part.length
      const isFull = !this.#response.write(part)
      if (sentBytes >= limit) cut()
      else if (isFull) {
        answer.pause()
        this.#response.once('drain', () => answer.resume())
      }
    })
    // An answer that is shorter than the limit loses its end all the same.
    answer.once('end', cut)
  }
}

function forwarded(request: http.IncomingMessage): string[] {
  const headers = withoutHops(request.rawHeaders)
  const { headers: parsed } = request
  if (parsed['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked')
  // Without it Node would send an empty body in chunks, which S3 refuses.
  else if (parsed['content-length'] === undefined && request.method !== 'GET' && request.method !== 'HEAD') {
    headers.push('Content-Length', '0')
  }
  return headers
}

/** Names and values in turn. */
function withoutHops(rawHeaders: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!
    if (!hopHeaders.has(name.toLowerCase())) kept.push(name, rawHeaders[at + 1]!)
  }
  return kept
}
