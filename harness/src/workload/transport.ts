/** How a load speaks to a system: HTTP by default, WebSocket and bare sockets beside it, or what a test brings along. */
export interface Transport<Request, Answer> {
  /** Rejects when no answer came; the error's `outcome` says whether the request can have been served. */
  request(request: Request): Promise<Answer>
  close(): Promise<void>
}

/** No whole answer came. `fail` when the request certainly never left, else nobody can know. */
export class TransportError extends Error {
  readonly outcome: 'fail' | 'info'
  readonly code: string
  constructor(what: string, cause: unknown) {
    const code = codeOf(cause)
    super(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'TransportError'
    this.code = code
    this.outcome = code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT' ? 'fail' : 'info'
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : 'NO_ANSWER'
}
