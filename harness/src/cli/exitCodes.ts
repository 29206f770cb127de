import { type HarnessError, Unwritable } from '../base/errors.ts'

/** What the exit codes mean, the same for every command. README has the table. */
export const exitCodes = {
  /** Every claim held, and its evidence is there. */
  passed: 0,
  /** A claim was refuted, something was found. */
  failed: 1,
  /** Unknown option, guard, build or value; a file or folder that was named and cannot be read. */
  badUsage: 2,
  /** Nothing was refuted, but a witness is missing, results could not be kept, or this machine cannot run what was asked for. */
  inconclusive: 3,
  /** A bug of Breakwater itself: nothing is known of what was asked. EX_SOFTWARE of sysexits.h. */
  internalError: 70,
  /** SIGHUP, SIGINT, SIGTERM: 128 and the number of the signal, as a shell tells it. What was judged until then is kept. */
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const

/** For `--help`. */
export const exitCodeHelp =
  '\nExit codes: 0 all passed, 1 something failed, 2 bad usage or a named file that cannot be read,\n' +
  '3 nothing failed but a witness is missing or results could not be kept,\n' +
  '70 a bug of Breakwater itself, 129, 130, 143 ended by SIGHUP, SIGINT, SIGTERM.\n'

/** What a command ends with that could not go on. */
export function exitCodeOf(error: HarnessError): number {
  if (error instanceof Unwritable) return exitCodes.inconclusive
  if (findings.has(error.code)) return exitCodes.failed
  return badUsage.has(error.code) ? exitCodes.badUsage : exitCodes.inconclusive
}

/** What says something of the system under test. */
const findings: ReadonlySet<string> = new Set<HarnessError['code']>([
  'BUDGET_SPENT',
  'NODE_EXITED',
  'NODE_ERROR',
  'LEFT_BEHIND',
])

const badUsage: ReadonlySet<string> = new Set<HarnessError['code']>([
  'BAD_USAGE',
  'ARTIFACT_UNREADABLE',
  'HISTORY_CORRUPT',
])
