/** Every stable code that a HarnessError can carry. Codes are part of the interface: tools match on them. */
export type ErrorCode =
  | 'BAD_USAGE' // an option, a guard name or a value that Breakwater does not know
  | 'BUDGET_SPENT' // a reading did not become true within its budget
  | 'INCONCLUSIVE' // the witness of a claim is missing: neither pass nor fail
  | 'NODE_EXITED' // a node ended although nobody asked it to
  | 'NODE_NOT_READY' // a node started but never became ready
  | 'NODE_ERROR' // an uncaught error inside a node that the test did not declare
  | 'COMMAND_NOT_FOUND' // the command of a node cannot be run
  | 'PORT_TAKEN' // an address or port is in use by somebody else
  | 'PLATFORM_LACKS' // this operating system lacks what was asked for
  | 'DOCKER_MISSING' // there is no container engine to speak to
  | 'DOCKER_SILENT' // the container engine does not answer
  | 'DOCKER_DENIED' // this user may not speak to the container engine
  | 'IMAGE_MISSING' // an image is neither local nor can it be pulled
  | 'IMAGE_BROKEN' // an image cannot be built
  | 'NAME_TAKEN' // a container of this name exists already
  | 'ABILITY_MISSING' // the system has no such ability
  | 'FAULT_FAILED' // a fault could not be opened or healed
  | 'LEFT_BEHIND' // a process, port, socket or folder survived its test
  | 'HISTORY_CORRUPT' // a saved history cannot be read
  | 'ARTIFACT_UNREADABLE' // a file of a run folder cannot be read or written
  | 'NO_RESULT' // a guard ended without a result: its process died, or it never began
  | 'PATCH_STALE' // a known-bad patch no longer applies

/** What the outside world did to us, as opposed to a bug of ours. The message ends with its code in brackets. */
export class HarnessError extends Error {
  readonly code: ErrorCode
  /** For how long somebody waited in vain, until just now: how the host fared meanwhile says what that is worth. */
  readonly waitedMs?: number
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; waitedMs?: number }) {
    super(`${message} [${code}]`, options)
    this.name = 'HarnessError'
    this.code = code
    const { cause } = options ?? {}
    const waitedMs = options?.waitedMs ?? (cause instanceof HarnessError ? cause.waitedMs : undefined)
    if (waitedMs !== undefined) this.waitedMs = waitedMs
  }
}

/**
 * A file that we write cannot be written: the disk is full, the folder is read-only. It says nothing about the system under test. Tests run
 * in processes of their own, so it is told by a property there and not by its class.
 */
export class Unwritable extends HarnessError {
  readonly unwritable = true
  constructor(path: string, cause: unknown) {
    super('ARTIFACT_UNREADABLE', `${path} cannot be written: ${messageOf(cause)}.`, { cause })
    this.name = 'Unwritable'
  }
}

/** An error of the disk as Node.js throws it, or one that was told as such already; undefined for every other. */
export function asUnwritable(error: unknown): Unwritable | undefined {
  if (error instanceof Unwritable) return error
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException
  return fullDisk.has(code ?? '') ? new Unwritable(path ?? 'A file of the run folder', error) : undefined
}

/** EFBIG: the limit of this process. */
const fullDisk = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS'])

/** The evidence that a claim could have failed is missing, so the claim is neither upheld nor refuted. */
export class Inconclusive extends HarnessError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('INCONCLUSIVE', message, options)
    this.name = 'Inconclusive'
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
