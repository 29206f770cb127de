import { awaitReading, type Random } from '@breakwater/harness'
import type { GivenVector } from '../../fixtures/systems/vectord/client.ts'
import { budgets } from '../budgets.ts'
import { whileAlive } from '../leaders.ts'
import { moreAcknowledged } from '../moreAcknowledged.ts'
import type { VectorNode } from './replicas.ts'
import { drawVector } from './vectors.ts'

/** Of one client: a bound, not a target. */
const mostTurns = 2_000

export interface Sent {
  readonly request: string
  readonly vector: Float32Array
  /** What the add was answered with. */
  readonly ids: readonly string[]
}

/**
 * A client for each node that adds, writes over and deletes vectors of its own, one thing after the other. What is not
 * answered is sent again under the same request id, through the next node, until it is.
 */
export class ReplicaClients {
  readonly #nodes: readonly VectorNode[]
  readonly #indexes: { readonly named: string; readonly unnamed: string }
  readonly #random: Random
  readonly #dimensions: number
  readonly #done: Promise<unknown>
  #isOver = false
  #acknowledged = 0
  /** Adds without an id, each acknowledged once. */
  readonly unnamed: Sent[] = []
  /** Attempts that were not the first one. */
  sentAgain = 0
  /** Searches through another node right after a write that were answered, and what they did not find of it. */
  freshSearches = 0
  readonly stale: string[] = []

  constructor(
    nodes: readonly VectorNode[],
    indexes: { readonly named: string; readonly unnamed: string },
    random: Random,
    dimensions: number,
  ) {
    this.#nodes = nodes
    this.#indexes = indexes
    this.#random = random
    this.#dimensions = dimensions
    this.#done = Promise.all(nodes.map((_, client) => this.#work(client)))
    // Told by `stop`; until then nobody listens.
    this.#done.catch(() => {})
  }

  /** Waits until so many more writes are acknowledged, of whichever client. */
  acknowledge(count: number): Promise<void> {
    return moreAcknowledged(count, () => this.#acknowledged)
  }

  /** Ends when whatever is under way is answered. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#done
  }

  async #work(client: number): Promise<void> {
    const { named, unnamed } = this.#indexes
    for (let turn = 0; turn < mostTurns && !this.#isOver; turn++) {
      const request = `c${client}-${turn}`
      const vector = drawVector(this.#random, this.#dimensions)
      const row = (at: number): GivenVector => ({ id: `c${client}-v${at}`, vector, metadata: { turn, client } })
      switch (turn % 4) {
        case 0:
          await this.#send(client, request, (node) => node.client.add(named, [row(turn)], request))
          await this.findThrough(this.#nodes[(client + 1) % this.#nodes.length], `c${client}-v${turn}`, vector)
          break
        case 1: {
          const ids = await this.#send(client, request, (node) => node.client.add(unnamed, [{ vector }], request))
          this.unnamed.push({ request, vector, ids })
          break
        }
        case 2:
          await this.#send(client, request, (node) => node.client.upsert(named, [row(turn - 2), row(turn)], request))
          break
        case 3:
          await this.#send(client, request, (node) => node.client.remove(named, [`c${client}-v${turn - 1}`], request))
      }
    }
  }

  /** Through the client's own node if that answers, else through the next. */
  async #send<T>(client: number, request: string, call: (node: VectorNode) => Promise<T>): Promise<T> {
    let attempt = 0
    const answer = await awaitReading({
      what: `${request} to be answered`,
      budget: budgets.failover,
      probe: () => {
        const running = this.#nodes.filter((node) => node.running)
        const node = running[(client + attempt) % running.length]
        if (attempt++ > 0) this.sentAgain++
        if (!node) throw new Error('No node runs.')
        return whileAlive(node, () => call(node))
      },
      until: () => true,
    })
    this.#acknowledged++
    return answer
  }

  /** A search that may be refused, but if it is answered knows the write that was acknowledged before. */
  async findThrough(node: VectorNode | undefined, id: string, vector: Float32Array): Promise<void> {
    if (!node?.running) return
    const search = { vector, k: 1, exact: true, linearizable: true }
    const found = await whileAlive(node, (client) => client.search(this.#indexes.named, search)).catch(() => undefined)
    if (!found) return
    this.freshSearches++
    if (found[0]?.id !== id) this.stale.push(`${node.name} did not find ${id}`)
  }
}
