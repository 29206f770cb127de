import type { Connection } from './connection.ts'
import type { Flow } from './flow.ts'
import { ActiveRule, type Imposition } from './imposition.ts'
import { assertUsable, type Rule, type RuleType } from './rule.ts'
import { Throttle } from './throttle.ts'

/** One direction between two ends of a network. */
export interface Link {
  readonly from: string
  readonly to: string
  /** Bytes handed on to the far side since the network opened. */
  readonly bytesPassed: number
  /** Bytes waiting in the link right now. */
  readonly bytesHeld: number
  /** Connections that now use this direction, whichever side dialled them. */
  readonly connectionCount: number
  /** Takes effect at once, also on open connections. Throws BAD_USAGE for a rule that makes no sense. */
  impose(rule: Rule): Imposition
}

type Active<T extends RuleType> = ActiveRule<Extract<Rule, { type: T }>>

/** What a rule-bound flow may keep: the kernel's own buffers hide more than this anyway. */
const leastQueueBytes = 64 * 1024
/** A delay without a rate: what a TCP window on a long line would have under way. */
const delayQueueBytes = 4 * 1024 * 1024
const mostQueueBytes = 32 * 1024 * 1024

/** The link as the proxy sees it: its rules, and the flows they bind. */
export class ProxiedLink implements Link {
  readonly from: string
  readonly to: string
  bytesPassed = 0
  /** No rule at all: bytes may take the fast path. */
  isClear = true
  /** How many bytes one flow may keep under the rules of the moment. */
  queueLimitBytes = leastQueueBytes
  readonly #flows = new Set<Flow>()
  #rules: readonly ActiveRule[] = []
  #throttle: Throttle | undefined

  constructor(from: string, to: string) {
    this.from = from
    this.to = to
  }

  get connectionCount(): number {
    return this.#flows.size
  }

  get bytesHeld(): number {
    let byteCount = 0
    for (const flow of this.#flows) byteCount += flow.bytesHeld
    return byteCount
  }

  impose(rule: Rule): Imposition {
    assertUsable(rule)
    const active = new ActiveRule(rule, (lifted) => this.#lift(lifted))
    this.#change([...this.#rules, active])
    if (rule.type === 'silence') for (const flow of this.#flows) flow.silence(active)
    if (rule.type === 'reset' && active.leftBytes === 0) this.#resetAll(active)
    this.#settleAll()
    return active
  }

  rulesOf<T extends RuleType>(type: T): Active<T>[] {
    return this.#rules.filter((active): active is Active<T> => active.rule.type === type)
  }

  /** The rule that refuses every connection now, if there is one. */
  refusal(): ActiveRule | undefined {
    return this.rulesOf('reset').find((active) => active.leftBytes === 0)
  }

  attach(flow: Flow): void {
    this.#flows.add(flow)
  }

  detach(flow: Flow): void {
    this.#flows.delete(flow)
    this.#throttle?.leave(flow)
  }

  /** How many of a parcel's bytes may pass now. 0: the flow is settled again later, or is about to be reset. */
  grant(flow: Flow, wantedBytes: number): number {
    let allowed = wantedBytes
    for (const active of this.rulesOf('reset')) allowed = Math.min(allowed, active.leftBytes)
    if (allowed === 0 || !this.#throttle) return allowed
    return this.#throttle.grant(flow, allowed)
  }

  slowest(): ActiveRule | undefined {
    const rates = this.rulesOf('rate')
    return rates.reduce<Active<'rate'> | undefined>(
      (least, active) => (least && least.rule.bytesPerSecond <= active.rule.bytesPerSecond ? least : active),
      undefined,
    )
  }

  /** Counts bytes that left the link under rules; a reset that waited for them strikes when they are with the kernel. */
  passed(byteCount: number, whenFlushed: (done: () => void) => void): void {
    this.bytesPassed += byteCount
    for (const active of this.rulesOf('reset')) {
      active.leftBytes -= byteCount
      if (active.leftBytes === 0) whenFlushed(() => this.#rules.includes(active) && this.#resetAll(active))
    }
  }

  #resetAll(active: ActiveRule): void {
    const connections = new Set<Connection>([...this.#flows].map((flow) => flow.connection))
    for (const connection of connections) connection.reset(active)
  }

  #lift(lifted: ActiveRule): void {
    this.#change(this.#rules.filter((active) => active !== lifted))
    for (const flow of this.#flows) flow.forget(lifted)
    this.#settleAll()
  }

  #change(rules: readonly ActiveRule[]): void {
    this.#rules = rules
    this.isClear = rules.length === 0
    this.#throttle?.close()
    const rate = this.rulesOf('rate').reduce((least, { rule }) => Math.min(least, rule.bytesPerSecond), Infinity)
    this.#throttle = rate < Infinity ? new Throttle(rate) : undefined
    const latencyMs = this.rulesOf('delay').reduce((sum, { rule }) => sum + rule.ms + (rule.jitterMs ?? 0), 0)
    if (rate < Infinity) {
      const underWayBytes = (rate * (latencyMs + 100)) / 1000
      this.queueLimitBytes = Math.min(mostQueueBytes, Math.max(leastQueueBytes, underWayBytes))
    } else this.queueLimitBytes = latencyMs > 0 ? delayQueueBytes : leastQueueBytes
  }

  #settleAll(): void {
    for (const flow of [...this.#flows]) flow.settle()
  }
}
