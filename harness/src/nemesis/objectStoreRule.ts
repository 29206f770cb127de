import type { Random } from '../base/seed.ts'
import { checkNames } from './callRules.ts'
import type { ObjectStoreCall, ObjectStoreOperation } from './objectStoreCall.ts'

/** What happens to a call that was chosen. */
export type ObjectStoreEffect =
  /** 503 SlowDown; the store never hears of the call. */
  | { readonly type: 'slowDown' }
  /** 500 InternalError; the store never hears of the call. */
  | { readonly type: 'internalError' }
  /** The request is swallowed and its connection held without an answer, until the client or a heal ends it. */
  | { readonly type: 'timeout' }
  /** The connection is reset after so many bytes of the body, by default half of it: of the request, if it has one. */
  | { readonly type: 'cut'; readonly afterBytes?: number }
  /** The store does what was asked; its answer is thrown away and the connection reset. */
  | { readonly type: 'loseAnswer' }
  /** Bodies of answers come at this rate, all chosen calls together. */
  | { readonly type: 'slowRead'; readonly bytesPerSecond: number }

/** Which calls are chosen, and what happens to them. Without any choice: all that match. */
export interface ObjectStoreRule {
  readonly effect: ObjectStoreEffect
  readonly operations?: readonly ObjectStoreOperation[]
  readonly bucket?: string
  /** The beginning of the key, or a pattern. */
  readonly key?: string | RegExp
  /** Every so many-th call that matches. */
  readonly every?: number
  /** 0 to 1, drawn from the seed. */
  readonly probability?: number
  /** No more than so many calls in all. */
  readonly limit?: number
}

const properties = ['effect', 'operations', 'bucket', 'key', 'every', 'probability', 'limit']

/** Applies the choice of a rule to one call after the other. */
export class CallChoice {
  readonly #rule: ObjectStoreRule
  readonly #random: Random
  callsMatched = 0
  callsChosen = 0

  /** Throws TypeError for numbers that cannot be meant, BAD_USAGE for names that are not known. */
  constructor(rule: ObjectStoreRule, random: Random) {
    checkNames('The rule of failObjectStore', Object.keys(rule), properties)
    const { every, probability, limit } = rule
    if (every !== undefined && !(Number.isInteger(every) && every >= 1)) throw new TypeError('every must be 1 or more')
    if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) throw new TypeError('limit must be 1 or more')
    if (probability !== undefined && !(probability > 0 && probability <= 1)) {
      throw new TypeError('probability must be above 0 and at most 1')
    }
    this.#rule = rule
    this.#random = random
  }

  takes(call: ObjectStoreCall): boolean {
    const { every, probability, limit } = this.#rule
    if (!this.#matches(call)) return false
    this.callsMatched++
    if (limit !== undefined && this.callsChosen >= limit) return false
    if (every !== undefined && this.callsMatched % every !== 0) return false
    if (probability !== undefined && !this.#random.chance(probability)) return false
    this.callsChosen++
    return true
  }

  #matches({ operation, bucket, key }: ObjectStoreCall): boolean {
    const rule = this.#rule
    if (rule.operations && !rule.operations.includes(operation)) return false
    if (rule.bucket !== undefined && rule.bucket !== bucket) return false
    if (rule.key === undefined) return true
    return typeof rule.key === 'string' ? key.startsWith(rule.key) : key.search(rule.key) >= 0
  }
}
