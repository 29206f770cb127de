/** One state, and the next one that was seen after it. */
export type Pair = readonly [from: string, to: string]

/** What came after what in one run, each pair once. */
export interface Followed {
  /** The next thing in the life of one node, restarts included. */
  onNode: Pair[]
  /** The next thing in the cluster, where that was on another node. */
  acrossNodes: Pair[]
}

/** Takes states as they are seen, and keeps what came next after each. */
export class FollowedStates {
  readonly #lastOnNode = new Map<string, string>()
  #last: { node: string; state: string } | undefined
  readonly #onNode = new Map<string, Pair>()
  readonly #acrossNodes = new Map<string, Pair>()

  see(node: string, state: string): void {
    const before = this.#lastOnNode.get(node)
    if (before !== undefined) this.#onNode.set(`${before}\n${state}`, [before, state])
    if (this.#last && this.#last.node !== node) {
      this.#acrossNodes.set(`${this.#last.state}\n${state}`, [this.#last.state, state])
    }
    this.#lastOnNode.set(node, state)
    this.#last = { node, state }
  }

  get pairs(): Followed {
    return { onNode: [...this.#onNode.values()], acrossNodes: [...this.#acrossNodes.values()] }
  }
}
