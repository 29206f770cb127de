import { signalBatch } from '../fixtures/datasets/signals.ts'
import type { PeerClient } from '../fixtures/systems/peer/client.ts'
import { after, nowMs } from '../harness/src/base/clock.ts'
import type { Cluster } from '../harness/src/cluster/cluster.ts'
import { Histogram } from '../harness/src/workload/histogram.ts'

/** Signals in one transaction. */
export const batchSignals = 250
const tickMs = 5
/** Transactions that a region may leave unanswered; beyond it the stream falls behind, which the rate tells. */
const mostUnderWay = 64
const sampleMs = 250

/** A stream of signals into every region at once, in an open loop: each transaction has its time, whatever became of others. */
export class SignalStream {
  /** From when a transaction was due until its region had it on disk. */
  readonly acknowledged = new Histogram()
  readonly #cluster: Cluster<PeerClient>
  readonly #everyMs: number
  readonly #sent: number[]
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #perNode: number[]
  #acknowledgedSignals = 0
  #lagSignals = 0
  #lagAtMs = 0
  #failure: unknown

  /** `startAt` is the number of the first transaction, so that a later stream goes on where another ended. */
  constructor(cluster: Cluster<PeerClient>, signalsPerSecond: number, startAt = 0) {
    this.#cluster = cluster
    this.#everyMs = (1_000 * batchSignals * cluster.nodes.length) / signalsPerSecond
    this.#sent = cluster.nodes.map(() => startAt)
    this.#perNode = cluster.nodes.map(() => 0)
  }

  get nextNumber(): number {
    return Math.max(...this.#sent)
  }

  get acknowledgedSignals(): number {
    return this.#acknowledgedSignals
  }

  /** The most signals that some region had taken and another did not hold yet, over all samples. */
  get worstLagSignals(): number {
    return this.#lagSignals
  }

  /** Sends what is due over so long, from `startedAtMs` on. */
  async send(startedAtMs: number, fromMs: number, forMs: number): Promise<void> {
    const dueMs = (at: number) => startedAtMs + at * this.#everyMs
    let next = Math.ceil(fromMs / this.#everyMs)
    const end = Math.ceil((fromMs + forMs) / this.#everyMs)
    while (next < end) {
      if (this.#failure) throw this.#failure
      while (next < end && dueMs(next) <= nowMs()) {
        for (const node of this.#cluster.nodes.keys()) await this.#sendOne(node, dueMs(next))
        next++
      }
      await this.#sampleLag()
      await after(Math.max(0, Math.min(tickMs, dueMs(next) - nowMs())))
    }
  }

  async #sendOne(at: number, dueAtMs: number): Promise<void> {
    const node = this.#cluster.node(at)
    while ((this.#perNode[at] ?? 0) >= mostUnderWay) await Promise.race(this.#underWay)
    const number = this.#sent[at]!++
    this.#perNode[at]!++
    const sending = node.client
      .transaction(signalBatch(node.region ?? node.name, number, batchSignals))
      .then(() => {
        this.acknowledged.record(nowMs() - dueAtMs)
        this.#acknowledgedSignals += batchSignals
      })
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#perNode[at]!--
        this.#underWay.delete(sending)
      })
    this.#underWay.add(sending)
  }

  async #sampleLag(): Promise<void> {
    if (nowMs() - this.#lagAtMs < sampleMs) return
    this.#lagAtMs = nowMs()
    this.#lagSignals = Math.max(this.#lagSignals, (await lagTransactions(this.#cluster)) * batchSignals)
  }

  /** Resolves when every transaction has been acknowledged. Throws if one was not. */
  async allAcknowledged(): Promise<void> {
    await Promise.all(this.#underWay)
    if (this.#failure) throw this.#failure
  }
}

/** Of the transactions that each region has taken: the most that any other region does not hold yet. */
export async function lagTransactions(cluster: Cluster<PeerClient>): Promise<number> {
  const statuses = await Promise.all(cluster.nodes.map((node) => node.client.cluster()))
  const lags = statuses.flatMap(({ name, cursors }) =>
    statuses.map((other) => (cursors[name] ?? 0) - (other.cursors[name] ?? 0)),
  )
  return Math.max(0, ...lags)
}
