import type { FaultCounts } from '../base/fault.ts'
import type { Rule, RuleType } from './rule.ts'

/** A rule at work on a link. Lifting twice is lifting once; the counts stay readable afterwards. */
export interface Imposition {
  readonly rule: Rule
  counts(): FaultCounts
  /** The sum of what bytes, closes or dials met; 0: the rule did nothing. */
  effects(): number
  lift(): void
}

/** What each kind of rule can have done. */
const countsOf = {
  hold: ['bytesHeld', 'connectionsHeld', 'closesHeld'],
  drop: ['bytesDropped', 'connectionsDropped', 'closesDropped', 'connectionsReset'],
  reset: ['connectionsReset', 'connectionsRefused'],
  delay: ['delayAddedMs', 'chunksDelayed'],
  rate: ['bytesThrottled'],
  slowClose: ['closesDelayed'],
  silence: ['connectionsSilenced', 'bytesSilenced', 'closesSilenced', 'connectionsReset'],
} as const satisfies Record<RuleType, readonly string[]>

/**
 * Counted, but nothing that anybody met: connections that were told to be silent and may have had nothing to say, resets by which the
 * heal of a rule ends what it has spoilt, chunks whose delay came out as 0 ms.
 */
const noEffect: Partial<Record<RuleType, readonly string[]>> = {
  drop: ['connectionsReset'],
  delay: ['chunksDelayed'],
  silence: ['connectionsSilenced', 'connectionsReset'],
}

export type CountName = (typeof countsOf)[RuleType][number]

export class ActiveRule<R extends Rule = Rule> implements Imposition {
  readonly rule: R
  /** Bytes that a reset still lets pass. 0 for one that resets at once. */
  leftBytes: number
  readonly #counts: Partial<Record<CountName, number>> = {}
  readonly #onLift: (active: ActiveRule) => void
  #isLifted = false

  constructor(rule: R, onLift: (active: ActiveRule) => void) {
    this.rule = rule
    this.#onLift = onLift
    this.leftBytes = rule.type === 'reset' ? (rule.afterBytes ?? 0) : 0
    for (const name of countsOf[rule.type]) this.#counts[name] = 0
  }

  add(name: CountName, amount = 1): void {
    const before = this.#counts[name]
    if (before === undefined) throw new Error(`a ${this.rule.type} rule has no count named ${name}`)
    this.#counts[name] = before + amount
  }

  // Bound, because a fault's handle is made of these two.
  readonly counts = (): FaultCounts => ({ ...this.#counts })

  readonly effects = (): number =>
    Object.entries(this.#counts).reduce(
      (sum, [name, count]) => (noEffect[this.rule.type]?.includes(name) ? sum : sum + count),
      0,
    )

  readonly lift = (): void => {
    if (this.#isLifted) return
    this.#isLifted = true
    this.#onLift(this)
  }
}
