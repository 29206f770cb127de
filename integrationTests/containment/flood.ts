import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { awaitReading, type Node } from '@breakwater/harness'
import type { Change, PeerClient } from '../../fixtures/systems/peer/client.ts'
import { budgets } from '../budgets.ts'

export interface Timed {
  startedAtMs: number
  endedAtMs: number
}

export interface FloodPlan {
  origin: string
  connections: number
  write: Change[]
}

export type FloodOrder = 'tell' | 'stop'

export interface FloodFigures {
  answered: Timed[]
  refusedCount: number
  /** At any time since the first answer. */
  leastUnderWay: number
}

/**
 * Writes of one tenant as fast as they are answered, from a thread of its own: whoever writes beside it would see its own answers only
 * after all of the flood's that came in the same turn of the event loop.
 */
export class Flood implements AsyncDisposable {
  readonly #worker: Worker
  #failure: Error | undefined

  constructor({ plan: { reach } }: Node<PeerClient>, connections: number, write: Change[]) {
    const workerData: FloodPlan = { origin: `http://${reach.host}:${reach.port}`, connections, write }
    this.#worker = new Worker(new URL('./floodThread.ts', import.meta.url), { workerData })
    this.#worker.on('error', (error: Error) => {
      this.#failure = error
    })
  }

  /** Rejects when a write failed for another reason than that its tenant was turned away. */
  told(): Promise<FloodFigures> {
    return this.#ask('tell')
  }

  /** Resolves with all that it did, once what was under way is answered. */
  stop(): Promise<FloodFigures> {
    return this.#ask('stop')
  }

  async #ask(order: FloodOrder): Promise<FloodFigures> {
    if (this.#failure) throw this.#failure
    const answer = once(this.#worker, 'message')
    this.#worker.postMessage(order)
    const [figures] = (await answer) as [FloodFigures]
    return figures
  }

  async answers(count: number): Promise<void> {
    await this.#reaches('be answered', count, ({ answered }) => answered.length)
  }

  async refusals(count: number): Promise<void> {
    await this.#reaches('be turned away', count, ({ refusedCount }) => refusedCount)
  }

  async #reaches(what: string, count: number, read: (figures: FloodFigures) => number): Promise<void> {
    await awaitReading({
      what: `${count} writes of the flood to ${what}`,
      budget: budgets.catchUp,
      probe: async () => read(await this.told()),
      until: (reading) => reading >= count,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}
