export interface LanesPlan<Lane, Asked> {
  /** Open at the same time. */
  most: number
  open: () => Lane
  /** Sends it over the lane, which carries nothing else until `free` is told. */
  ask: (lane: Lane, asked: Asked) => void
}

/**
 * Connections that carry one request at a time: the one used last is used next, another is opened only when all are busy, and
 * what comes when that is not allowed waits in line.
 */
export class Lanes<Lane, Asked> {
  readonly #plan: LanesPlan<Lane, Asked>
  readonly #all = new Set<Lane>()
  readonly #idle: Lane[] = []
  readonly #waiting: Asked[] = []

  constructor(plan: LanesPlan<Lane, Asked>) {
    this.#plan = plan
  }

  get all(): Iterable<Lane> {
    return this.#all
  }

  ask(asked: Asked): void {
    const lane = this.#idle.pop() ?? this.#another()
    if (lane === undefined) this.#waiting.push(asked)
    else this.#plan.ask(lane, asked)
  }

  /** It has carried what it was asked. */
  free(lane: Lane): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(lane)
    else this.#plan.ask(lane, next)
  }

  /** It will carry nothing any more. What waits gets another. */
  lost(lane: Lane): void {
    this.#all.delete(lane)
    const at = this.#idle.indexOf(lane)
    if (at >= 0) this.#idle.splice(at, 1)
    const next = this.#waiting.shift()
    if (next !== undefined) this.ask(next)
  }

  /** What waits in line does so no longer. */
  dropWaiting(): Asked[] {
    return this.#waiting.splice(0)
  }

  #another(): Lane | undefined {
    if (this.#all.size >= this.#plan.most) return undefined
    const lane = this.#plan.open()
    this.#all.add(lane)
    return lane
  }
}
