import { messageOf } from '../base/errors.ts'
import { pc } from './colours.ts'

/**
 * Writes what comes besides the verdicts: a file, the page of a job. What cannot be written is told in a sentence and costs nothing else;
 * undefined then.
 */
export function besides<T>(what: string, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    process.stderr.write(`${pc.yellow(`${what} could not be written: ${messageOf(error)}`)}\n`)
    return undefined
  }
}
