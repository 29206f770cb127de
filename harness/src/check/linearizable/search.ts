import type { Act, Call } from './call.ts'
import { absent, anything, type Content } from './content.ts'
import { absentState, anyState, States } from './states.ts'
import { type TimedCall, type Timeline, timelineOf } from './timeline.ts'
import { Visited } from './visited.ts'

/** What the key held at first, and whether where it holds nothing the empty text may be answered. */
export interface Beginning {
  start: Content
  emptyIsNothing: boolean
}

const beginning: Beginning = { start: absent, emptyIsNothing: true }

/**
 * The search of Wing and Gong with the memo of Lowe for an order of one key's operations that time and the model allow.
 * It runs in portions, so that the searches of several keys can take turns.
 *
 * Four shortcuts, none of which loses an order: a call that changes nothing is taken as soon as it is right; of equal
 * optional calls the earlier comes first; an optional call is taken only where the next one makes use of it; a state that
 * some call still needs is not left if no call can bring it back.
 */
export class Search {
  readonly calls: readonly TimedCall[]
  readonly #timeline: Timeline
  readonly #states = new States()
  readonly #visited = new Visited()
  /** By call: its act as a number, and the states that it needs and leaves (-1: any). */
  readonly #acts: Uint8Array
  readonly #needs: Int32Array
  readonly #leaves: Int32Array
  /** By call, the optional call just before it that does the same; -1 if none. */
  readonly #twin: Int32Array
  /** Which calls are in the order, by `#bit`: those that must be first, then the optional ones. */
  readonly #bits: Int32Array
  readonly #bit: Int32Array
  readonly #requiredWords: number
  readonly #key: Int32Array
  /** By state: how many calls not yet in the order need it, and how many may bring it about. */
  readonly #needed: Int32Array
  readonly #makers: Int32Array
  /** Appending, adding and what nobody knows bring about states that no call names: nothing is known of what can come back. */
  readonly #statesAreNamed: boolean
  readonly #stackCalls: Int32Array
  readonly #stackStates: Int32Array
  readonly #stackForced: Uint8Array
  #depth = 0
  #left: number
  #state: number
  /** The state of the empty text, where it may stand for nothing. */
  #emptyText = -2
  /** An optional call was taken and nobody has made use of it yet. */
  #unused = 0
  #lowWord = 0
  #highWord = 0
  #entry: number
  #steps = 0
  /** The return that no order has got past, as an entry. */
  #furthest = 0
  #deepest = 0

  constructor(unordered: readonly TimedCall[], { start, emptyIsNothing }: Beginning = beginning) {
    this.#state = this.#states.numberOf(start)
    if (emptyIsNothing) this.#emptyText = this.#states.numberOf('s')
    this.#timeline = timelineOf(unordered)
    const { calls } = this.#timeline
    this.calls = calls
    const count = calls.length
    this.#acts = new Uint8Array(count)
    this.#needs = new Int32Array(count).fill(-1)
    this.#leaves = new Int32Array(count).fill(-1)
    this.#twin = twinsOf(calls)
    this.#left = calls.filter((call) => !call.optional).length
    this.#requiredWords = (this.#left + 31) >>> 5
    const optionalWords = (count - this.#left + 31) >>> 5
    this.#bits = new Int32Array(this.#requiredWords + optionalWords)
    this.#bit = new Int32Array(count)
    this.#key = new Int32Array(this.#bits.length + 2)
    let [required, optional] = [0, this.#requiredWords * 32]
    for (const [call, each] of calls.entries()) {
      this.#bit[call] = each.optional ? optional++ : required++
      this.#acts[call] = codes[each.act] + (each.act === 'cas' && each.held === false ? 1 : 0)
      const needs = each.act === 'cas' ? each.expected : each.act === 'read' ? each.answered : undefined
      if (needs !== undefined) this.#needs[call] = this.#states.numberOf(needs)
      const leaves = each.act === 'append' ? undefined : each.held === false ? each.answered : each.written
      if (leaves !== undefined) this.#leaves[call] = this.#states.numberOf(leaves)
      if (each.act === 'anything') this.#leaves[call] = anyState
    }
    this.#statesAreNamed =
      start !== anything && calls.every(({ act }) => act !== 'append' && act !== 'add' && act !== 'anything')
    this.#needed = new Int32Array(this.#states.count)
    this.#makers = new Int32Array(this.#states.count)
    for (let call = 0; call < count; call++) this.#tally(call, 1)
    this.#stackCalls = new Int32Array(count)
    this.#stackStates = new Int32Array(count)
    this.#stackForced = new Uint8Array(count)
    this.#takePure()
    this.#entry = this.#timeline.next[0] as number
  }

  get steps(): number {
    return this.#steps
  }

  get configurations(): number {
    return this.#visited.count
  }

  get bytes(): number {
    return this.#visited.bytes + this.#states.bytes + this.calls.length * bytesPerCall
  }

  /** How many calls the longest order so far holds. */
  get deepest(): number {
    return this.#deepest
  }

  /** Looks on for at most so many steps. Undefined when it has not come to an end yet. */
  run(steps: number): 'valid' | 'invalid' | undefined {
    const { next, isReturn, callAt } = this.#timeline
    const last = this.#steps + steps
    while (this.#left > 0) {
      if (this.#steps++ >= last) return undefined
      const entry = this.#entry
      // The returns of all calls that must be in the order are in the list, so the list ends in one of them.
      if (isReturn[entry] === 1) {
        if (entry > this.#furthest) this.#furthest = entry
        if (!this.#back()) return 'invalid'
        continue
      }
      const call = callAt[entry] as number
      const after = this.#after(call)
      if (after < 0 || !this.#worthTaking(call, after)) {
        this.#entry = next[entry] as number
        continue
      }
      this.#take(call, after, 0)
      const used = this.#takePure()
      this.#unused = used || !this.calls[call]?.optional ? 0 : 1
      if (this.#depth > this.#deepest) this.#deepest = this.#depth
      if (this.#isNew()) this.#entry = next[0] as number
      else this.#back()
    }
    return 'valid'
  }

  /** What the key holds after the calls in the order so far. */
  get held(): Content {
    return this.#states.contentOf(this.#state)
  }

  /** The call whose return no order has got past yet; undefined as long as none was in the way. */
  get stuckAt(): TimedCall | undefined {
    return this.#furthest === 0 ? undefined : this.calls[this.#timeline.callAt[this.#furthest] as number]
  }

  /** The state after the call, or -1 if it cannot come next. */
  #after(call: number): number {
    const needs = this.#needs[call] as number
    const leaves = this.#leaves[call] as number
    const state = this.#state
    switch (this.#acts[call]) {
      case codes.read:
        if (state === anyState && needs !== -1) return needs
        return needs === -1 || needs === state || this.#bothEmpty(needs, state) ? state : -1
      case codes.write:
      case codes.delete:
      case codes.anything:
        return leaves
      case codes.cas:
        return needs === state || state === anyState ? leaves : -1
      case codes.casNotHeld:
        if (state === anyState) return leaves === -1 ? state : leaves
        return needs !== state && (leaves === -1 || leaves === state) ? state : -1
      default:
        return this.#states.worked(state, this.calls[call] as Call, call, this.calls.length)
    }
  }

  /** A key that was never written may be answered as the empty string. */
  #bothEmpty(needs: number, state: number): boolean {
    return state === absentState && needs === this.#emptyText
  }

  #worthTaking(call: number, after: number): boolean {
    const { optional } = this.calls[call] as TimedCall
    const act = this.#acts[call]
    if (after !== this.#state && this.#statesAreNamed && this.#loses(call)) return false
    if (this.#unused === 1 && (act === codes.write || act === codes.delete || act === codes.anything)) return false
    if (!optional) return true
    const twin = this.#twin[call] as number
    return after !== this.#state && (twin === -1 || this.#isIn(twin))
  }

  /** Whether the state that the call replaces is needed later on and can never be again. */
  #loses(call: number): boolean {
    const own = this.#needs[call] === this.#state && this.calls[call]?.optional === false ? 1 : 0
    return (this.#needed[this.#state] as number) > own && this.#makers[this.#state] === 0
  }

  /** Counts a call in (1) or out (-1) of those that are not yet in the order. */
  #tally(call: number, by: 1 | -1): void {
    const act = this.#acts[call]
    const needs = this.#needs[call] as number
    const leaves = this.#leaves[call] as number
    // A read of the empty text may also be answered where nothing is.
    const needsNoMaker = act === codes.casNotHeld || (act === codes.read && needs === this.#emptyText)
    if (needs >= 0 && !needsNoMaker && this.calls[call]?.optional === false) {
      this.#needed[needs] = (this.#needed[needs] as number) + by
    }
    if (leaves >= 0 && act !== codes.casNotHeld) this.#makers[leaves] = (this.#makers[leaves] as number) + by
  }

  #isIn(call: number): boolean {
    const bit = this.#bit[call] as number
    return (((this.#bits[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1
  }

  /** Takes every call at hand that is right and changes nothing. True if there was one. */
  #takePure(): boolean {
    const { next, isReturn, callAt } = this.#timeline
    let some = false
    for (let entry = next[0] as number; entry !== 0 && isReturn[entry] === 0; entry = next[entry] as number) {
      const call = callAt[entry] as number
      const act = this.#acts[call]
      if ((act !== codes.read && act !== codes.casNotHeld) || this.#after(call) !== this.#state) continue
      this.#take(call, this.#state, 1)
      some = true
    }
    return some
  }

  #take(call: number, after: number, forced: 0 | 1): void {
    this.#stackCalls[this.#depth] = call
    this.#stackStates[this.#depth] = this.#state * 2 + this.#unused
    this.#stackForced[this.#depth++] = forced
    this.#state = after
    this.#tally(call, -1)
    const bit = this.#bit[call] as number
    const word = bit >>> 5
    this.#bits[word] = (this.#bits[word] as number) | (1 << (bit & 31))
    this.#lift(this.#timeline.callEntry[call] as number)
    if (this.calls[call]?.optional) return
    this.#left--
    if (word > this.#highWord) this.#highWord = word
    this.#lift(this.#timeline.returnEntry[call] as number)
  }

  /** Takes back the last choice and all that followed from it, to go on behind it. False if there was none. */
  #back(): boolean {
    while (this.#depth > 0) {
      const call = this.#stackCalls[--this.#depth] as number
      const before = this.#stackStates[this.#depth] as number
      this.#state = before >>> 1
      this.#unused = before & 1
      this.#tally(call, 1)
      const bit = this.#bit[call] as number
      const word = bit >>> 5
      this.#bits[word] = (this.#bits[word] as number) & ~(1 << (bit & 31))
      if (!this.calls[call]?.optional) {
        this.#left++
        if (word < this.#lowWord) this.#lowWord = word
        this.#putBack(this.#timeline.returnEntry[call] as number)
      }
      const entry = this.#timeline.callEntry[call] as number
      this.#putBack(entry)
      if (this.#stackForced[this.#depth] === 1) continue
      this.#entry = this.#timeline.next[entry] as number
      return true
    }
    return false
  }

  #lift(entry: number): void {
    const { next, previous } = this.#timeline
    const [before, behind] = [previous[entry] as number, next[entry] as number]
    next[before] = behind
    if (behind !== 0) previous[behind] = before
  }

  #putBack(entry: number): void {
    const { next, previous } = this.#timeline
    next[previous[entry] as number] = entry
    const behind = next[entry] as number
    if (behind !== 0) previous[behind] = entry
  }

  #isNew(): boolean {
    const bits = this.#bits
    const words = this.#requiredWords
    while (this.#lowWord < words && bits[this.#lowWord] === -1) this.#lowWord++
    while (this.#highWord > this.#lowWord && bits[this.#highWord] === 0) this.#highWord--
    const key = this.#key
    let length = 0
    key[length++] = this.#state * 2 + this.#unused
    key[length++] = this.#lowWord
    for (let word = words; word < bits.length; word++) key[length++] = bits[word] as number
    for (let word = this.#lowWord; word <= this.#highWord && word < words; word++) key[length++] = bits[word] as number
    return this.#visited.add(key, length)
  }
}

/** Typed arrays of the timeline, the stack and the codes. */
const bytesPerCall = 120

const codes = { read: 0, write: 1, delete: 2, cas: 3, casNotHeld: 4, append: 5, add: 6, anything: 7 } satisfies Record<
  Act | 'casNotHeld',
  number
>

function twinsOf(calls: readonly TimedCall[]): Int32Array {
  const twins = new Int32Array(calls.length).fill(-1)
  const latest = new Map<string, number>()
  for (const [call, { optional, act, written, expected, delta }] of calls.entries()) {
    if (!optional) continue
    const effect = JSON.stringify([act, written, expected, delta])
    twins[call] = latest.get(effect) ?? -1
    latest.set(effect, call)
  }
  return twins
}
