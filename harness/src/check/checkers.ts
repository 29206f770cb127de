import type { History } from '../history/history.ts'
import { type Check, checkers } from './named.ts'
import { checkNamed } from './options.ts'
import type { Checker, Verdict } from './verdict.ts'

/**
 * Judges a history by each check, in order. From a history without its end only a refutation is believed: a breach
 * that is on record happened, but what is missing might have held another. Throws BAD_USAGE for an unknown checker or
 * option, also where a cast went round the types.
 */
export function judgeHistory(history: History, checks: readonly Check[]): Verdict[] {
  return checks.map((each) => {
    const { checker, options } = checkNamed(each.checker, each.options)
    const judge = checkers[checker] as Checker<object>
    const verdict = judge(history, options)
    if (history.complete || verdict.verdict !== 'valid') return verdict
    return {
      ...verdict,
      verdict: 'unknown',
      found: `the history has no end, so more may have happened; ${verdict.found}`,
    }
  })
}
