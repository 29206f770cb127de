import type { Effect } from '../../history/effects.ts'
import type { Operation } from '../../history/operation.ts'
import { spanOf } from '../../history/span.ts'
import { absent, type Content, contentOf } from './content.ts'
import { canonical } from './decimal.ts'

/** What an operation does to one value, as the models see it; `anything` leaves what nobody knows. */
export type Act = 'read' | 'write' | 'delete' | 'cas' | 'append' | 'add' | 'anything'

/** One operation as the models see it. What is undefined is not known, and so allows everything. */
export interface Call {
  operation: Operation
  act: Act
  /** When it may have taken effect, ms: see `spanOf`. */
  startMs: number
  endMs: number
  /** Whether it may be left out of the order: nobody knows if it happened. */
  optional: boolean
  /** What is written, appended, or put in place by a cas that holds. */
  written?: Content
  /** What a read answered, what an add answered, or what a cas that did not hold found. */
  answered?: Content
  /** What a cas compares with. */
  expected?: Content
  /** Whether the comparison of a cas held. */
  held?: boolean
  /** What an add adds, as a decimal. */
  delta?: string
  /** Of an append: its key is added to as well and holds texts of digits, so that a number is its text there. */
  counts?: boolean
}

/** The call of an effect on one key; undefined where no model knows what it does. */
export function callOf(effect: Effect, operation: Operation): Call | undefined {
  const { deed, value, isAnswered, answer } = effect
  const { startMs, endMs } = spanOf(operation)
  const call = { operation, startMs, endMs, optional: operation.outcome === 'info' }
  switch (deed) {
    case 'read':
    case 'localRead':
      return { ...call, act: 'read', ...(isAnswered ? { answered: contentOf(answer) } : {}) }
    case 'write':
      if (effect.isPartial) return undefined
      return value === undefined ? { ...call, act: 'anything' } : { ...call, act: 'write', written: contentOf(value) }
    case 'delete':
      return { ...call, act: 'delete', written: absent }
    case 'append':
      return typeof value === 'string' ? { ...call, act: 'append', written: value } : undefined
    case 'add': {
      const delta = canonical(String(effect.delta))
      if (delta === undefined) return undefined
      return { ...call, act: 'add', delta, ...(isAnswered ? { answered: contentOf(answer) } : {}) }
    }
    case 'cas': {
      const pair = { expected: contentOf(effect.expected), written: contentOf(value) }
      // Whether it held follows from what it found; one that may be left out may do both.
      if (effect.held === undefined) return { ...call, ...pair, act: 'cas', optional: true }
      const found = isAnswered ? { answered: contentOf(answer) } : {}
      return { ...call, ...pair, act: 'cas', held: effect.held, ...(effect.held ? {} : found) }
    }
    case 'unknown':
      return undefined
  }
}
