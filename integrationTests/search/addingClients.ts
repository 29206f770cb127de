import { awaitReading, Inconclusive, type Node, type Random, type Trigger } from '@breakwater/harness'
import { VectordCallError, type VectordClient } from '../../fixtures/systems/vectord/client.ts'
import { budgets } from '../budgets.ts'
import { drawVector } from './vectors.ts'

const clientCount = 4
/** Of one client in one round: a bound, not a target. */
const mostAdds = 3_000

/**
 * Four clients that add one vector after the other, half of them without an id. An add whose answer does not come is sent
 * again under the same request id until it is answered, over restarts of the daemon.
 */
export class AddingClients {
  readonly #node: Node<VectordClient>
  readonly #indexes: { readonly named: string; readonly unnamed: string }
  readonly #random: Random
  #isOver = false
  #sequence = 0
  acknowledgedNamed = 0
  acknowledgedUnnamed = 0

  constructor(node: Node<VectordClient>, indexes: { named: string; unnamed: string }, random: Random) {
    this.#node = node
    this.#indexes = indexes
    this.#random = random
  }

  get acknowledged(): number {
    return this.acknowledgedNamed + this.acknowledgedUnnamed
  }

  /** When so many more than now have been acknowledged. */
  acknowledgedMore(count: number): Trigger {
    const wanted = this.acknowledged + count
    return async () => {
      await awaitReading({
        what: `${count} more acknowledged adds`,
        budget: budgets.storeFaultSeen,
        probe: () => this.acknowledged,
        until: (seen) => seen >= wanted,
        everyMs: 1,
      })
    }
  }

  run(): Promise<void> {
    this.#isOver = false
    return Promise.all(Array.from({ length: clientCount }, (_, client) => this.#add(client))).then(() => {})
  }

  /** Ends the round. How many adds had been done when they were sent again, by the daemon's own count since its start. */
  async finish(adding: Promise<void>): Promise<number> {
    this.#isOver = true
    await adding
    return (await this.#node.client.figures()).get('vectord_repeated_requests_total') ?? 0
  }

  async #add(client: number): Promise<void> {
    for (let count = 0; !this.#isOver; count++) {
      if (count === mostAdds) throw new Inconclusive(`A client made ${mostAdds} adds before the fault took effect.`)
      const sequence = this.#sequence++
      const isNamed = client % 2 === 0
      const vector = drawVector(this.#random, 32)
      const id = { id: `v${sequence}`, metadata: { sequence } }
      const index = isNamed ? this.#indexes.named : this.#indexes.unnamed
      const { client: daemon } = this.#node
      const request = `request-${sequence}`
      await this.#untilAnswered(() =>
        isNamed ? daemon.upsert(index, [{ ...id, vector }], request) : daemon.add(index, [{ vector }], request),
      )
      if (isNamed) this.acknowledgedNamed++
      else this.acknowledgedUnnamed++
    }
  }

  async #untilAnswered(add: () => Promise<unknown>): Promise<void> {
    for (;;) {
      const { nextLife } = this.#node
      try {
        return void (await add())
      } catch (error) {
        // A refusal with a reason is a failure of the guard; only silence and "not yet" are asked again.
        const status = error instanceof VectordCallError ? error.status : 0
        if (status !== undefined && status !== 503 && status !== 504) throw error
      }
      if (!this.#node.running) await nextLife
      await this.#serves()
    }
  }

  async #serves(): Promise<void> {
    await awaitReading({
      what: `${this.#node.name} to serve again`,
      budget: budgets.storeFaultSeen,
      probe: () =>
        this.#node.client.status().then(
          () => true,
          () => false,
        ),
      until: (serves) => serves,
      everyMs: 5,
      open: () => this.#node.log.path,
    })
  }
}
