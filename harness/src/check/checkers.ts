import { HarnessError } from '../base/errors.ts'
import type { History } from '../history/history.ts'
import { availability } from './availability.ts'
import { converges } from './converges.ts'
import { countsExactly } from './countsExactly.ts'
import { equalBlobs } from './equalBlobs.ts'
import { exactlyOnce } from './exactlyOnce.ts'
import { linearizable } from './linearizable.ts'
import { losesNothing } from './losesNothing.ts'
import { neverResurrects } from './neverResurrects.ts'
import { noTornTransaction } from './noTornTransaction.ts'
import { staleness } from './staleness.ts'
import { staysOrdered } from './staysOrdered.ts'
import type { Checker, Verdict } from './verdict.ts'

/** Every checker by the name that saved runs know it by. */
export const checkers = {
  losesNothing,
  converges,
  countsExactly,
  neverResurrects,
  exactlyOnce,
  noTornTransaction,
  equalBlobs,
  linearizable,
  staysOrdered,
  staleness,
  availability,
} as const

export type CheckerName = keyof typeof checkers

/** One checker with its options, as plain data, so that a saved run can be judged again. */
export interface Check {
  checker: string
  options?: object
}

/**
 * Judges a history by each check, in order. From a history without its end only a refutation is believed: a breach
 * that is on record happened, but what is missing might have held another. Throws BAD_USAGE for an unknown checker.
 */
export function judgeHistory(history: History, checks: readonly Check[]): Verdict[] {
  return checks.map(({ checker, options }) => {
    const judge = Object.hasOwn(checkers, checker) ? (checkers[checker as CheckerName] as Checker<object>) : undefined
    if (judge === undefined) {
      throw new HarnessError(
        'BAD_USAGE',
        `There is no checker "${checker}". There are: ${Object.keys(checkers).join(', ')}.`,
      )
    }
    const verdict = judge(history, options)
    if (history.complete || verdict.verdict !== 'valid') return verdict
    return {
      ...verdict,
      verdict: 'unknown',
      found: `the history has no end, so more may have happened; ${verdict.found}`,
    }
  })
}
