import { messageOf } from '../base/errors.ts'
import { shownText } from '../base/shownText.ts'
import { pc } from './colours.ts'
import { exitCodes } from './exitCodes.ts'

/**
 * Ends the command after a bug of Breakwater's own, in a way that nobody can take for a verdict: an exit code of its own,
 * and JSON where JSON was asked for (`beside`: what else it holds). Node's own way is exit code 1, which means that something
 * failed or is invalid.
 */
export function tellInternalError(error: unknown, { json, beside }: { json: boolean; beside?: object }): number {
  const why = error instanceof Error ? `${error.name}: ${messageOf(error)}` : String(error)
  const message = `Breakwater itself failed (${why}), so there is no verdict. Please report it with the lines below. [INTERNAL]`
  if (json) process.stdout.write(`${JSON.stringify({ ...beside, error: { code: 'INTERNAL', message } })}\n`)
  process.stderr.write(`${pc.red(shownText(message))}\n`)
  if (error instanceof Error && error.stack !== undefined) process.stderr.write(`${pc.dim(shownText(error.stack))}\n`)
  return exitCodes.internalError
}

/**
 * What is thrown where nobody waits for it ends the process too, with the same words and code. Where somebody else listens
 * (Vitest within a suite), it is theirs to tell.
 */
export function exitOnUncaughtErrors(options: { json: boolean }): void {
  process.on('uncaughtException', (error) => {
    if (process.listenerCount('uncaughtException') === 1) process.exit(tellInternalError(error, options))
  })
}
