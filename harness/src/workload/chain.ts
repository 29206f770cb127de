export interface Chained<Link> {
  before: Link | undefined
  after: Link | undefined
}

/** Things in the order in which they were added. Any of them leaves at once and without a trace: nothing that ended is held. */
export class Chain<Link extends Chained<Link>> {
  #first: Link | undefined
  #last: Link | undefined
  #size = 0

  get first(): Link | undefined {
    return this.#first
  }

  get size(): number {
    return this.#size
  }

  add(link: Link): void {
    link.before = this.#last
    if (this.#last) this.#last.after = link
    else this.#first = link
    this.#last = link
    this.#size++
  }

  /** It must be in this chain. */
  remove(link: Link): void {
    const { before, after } = link
    if (before) before.after = after
    else this.#first = after
    if (after) after.before = before
    else this.#last = before
    link.before = undefined
    link.after = undefined
    this.#size--
  }
}
