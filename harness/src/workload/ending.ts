import type { Outcome } from '../history/operation.ts'

/** How an operation ended, and why unless it ended ok. */
export interface Ending {
  readonly outcome: Outcome
  /** The class of the reason, for counting: timeout, refused, reset, status 503, the code or the name of the error. */
  readonly reason?: string
}

export const ok: Ending = { outcome: 'ok' }

/** A step that did not end in time: it may happen yet, so nobody can know. */
export class StepTimeout extends Error {
  readonly outcome = 'info'
  readonly code = 'TIMEOUT'
  constructor(step: string, ms: number) {
    super(`${step} did not end within ${ms} ms`)
    this.name = 'StepTimeout'
  }
}

const classes: Record<string, string> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
}

/** An answer's status tells more than the error that carries it; a cause tells more than what was wrapped around it. */
export function endingOf(error: unknown): Ending {
  const outcome = propertyOf(error, 'outcome') === 'fail' ? 'fail' : 'info'
  return { outcome, reason: reasonOf(error) }
}

function reasonOf(error: unknown): string {
  const status = propertyOf(error, 'status')
  if (typeof status === 'number') return `status ${status}`
  const code = propertyOf(error, 'code')
  if (typeof code === 'string') return classes[code] ?? code
  const cause = propertyOf(error, 'cause')
  if (cause !== undefined) return reasonOf(cause)
  return error instanceof Error ? error.name : typeof error
}

function propertyOf(error: unknown, name: string): unknown {
  return error !== null && typeof error === 'object' ? (error as Record<string, unknown>)[name] : undefined
}
