import { formatCount } from '../base/units.ts'
import type { History } from '../history/history.ts'

/** What a checker saw. `unknown` when the witness is missing: nothing was acknowledged, or nothing was read. */
export interface Verdict {
  checker: string
  verdict: 'valid' | 'invalid' | 'unknown'
  /** What was to hold. */
  claim: string
  /** What was seen, for people: counts, and the first offenders. */
  found: string
  /** The evidence that the claim could have failed, by name: operationsAcknowledged, rowsRead … */
  witness: Record<string, number>
  /** At most `offendersKept` of them. */
  offenders?: unknown[]
  /** Lines to show below the sentence: what happened, up to where it went wrong. */
  trace?: string[]
}

/** A pure judge. Throws for nothing that a history may hold. */
export type Checker<Options> = (history: History, options?: Options) => Verdict

/** Offenders are for people who look into one; the sentence carries the count. */
const offendersKept = 100

export interface Finding extends Pick<Verdict, 'checker' | 'claim' | 'witness'> {
  /** Sentences that refute the claim, without full stop. One is enough, whatever else could not be read. */
  refutations: string[]
  /** Sentences that say why it cannot be known. */
  doubts: string[]
  /** The sentence of a claim that holds. */
  upheld: string
  offenders?: unknown[]
}

export function conclude({ checker, claim, witness, refutations, doubts, upheld, offenders }: Finding): Verdict {
  const sentences = refutations.length > 0 ? refutations : doubts.length > 0 ? doubts : [upheld]
  return {
    checker,
    verdict: refutations.length > 0 ? 'invalid' : doubts.length > 0 ? 'unknown' : 'valid',
    claim,
    found: `${sentences.join('; ')}.`,
    witness,
    ...(offenders && offenders.length > 0 ? { offenders: offenders.slice(0, offendersKept) } : {}),
  }
}

/** ['r1', 'r2', … 20 more] -> "r1, r2, r3 and 17 more" */
export function firstOf(names: readonly string[], shown = 3): string {
  const rest = names.length - shown
  return names.slice(0, shown).join(', ') + (rest > 0 ? ` and ${formatCount(rest)} more` : '')
}

/** "1 row", "3 of 1 000 rows": the noun follows the last number. */
export function counted(count: number, noun: string, of?: number): string {
  const last = of ?? count
  return `${formatCount(count)}${of === undefined ? '' : ` of ${formatCount(of)}`} ${noun}${last === 1 ? '' : 's'}`
}
