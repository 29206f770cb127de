import { HarnessError } from '../base/errors.ts'
import { LogReader } from './logReader.ts'

/** An error that nothing in the node caught, as the preload inside it wrote it down before anything else could happen. */
export interface NodeError {
  atMs: number
  kind: 'uncaughtException' | 'unhandledRejection'
  message: string
  stack: string
  pid: number
}

/**
 * Reads the file that BREAKWATER_ERRORS names. It is made by the first error, so its absence is the good case, and no witness:
 * that the preload was there to write it is told by its greeting on the control channel.
 */
export class ErrorsReader {
  readonly path: string
  readonly #reader: LogReader

  constructor(path: string) {
    this.path = path
    this.#reader = new LogReader(path)
  }

  /** All errors so far, oldest first. Throws ARTIFACT_UNREADABLE on a line that is not one. */
  read(): NodeError[] {
    const lines = this.#reader.lines()
    return lines.filter((line) => line !== '').map((line, at) => parseError(line, at, this.path))
  }

  /** Calls back a few ms after an error was written, for errors from now on. Returns the undo. */
  onError(listener: (error: NodeError) => void): () => void {
    return this.#reader.onLine((line) => {
      if (line !== '') listener(parseError(line, this.#reader.lineCount - 1, this.path))
    })
  }

  close(): void {
    this.#reader.close()
  }
}

function parseError(line: string, at: number, path: string): NodeError {
  let entry: Partial<NodeError>
  try {
    entry = JSON.parse(line)
  } catch (cause) {
    throw new HarnessError('ARTIFACT_UNREADABLE', `Line ${at + 1} of ${path} is not a recorded error: ${line}`, {
      cause,
    })
  }
  return {
    atMs: Number(entry.atMs),
    kind: entry.kind === 'unhandledRejection' ? 'unhandledRejection' : 'uncaughtException',
    message: String(entry.message),
    stack: String(entry.stack ?? ''),
    pid: Number(entry.pid),
  }
}
