import type { Random } from '../../../base/seed.ts'

/** So many of all that came by, each with the same chance (Vitter's algorithm R). Two of them merge into one that is as fair. */
export class Reservoir<T> {
  readonly #capacity: number
  #kept: T[] = []
  #seen = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get kept(): readonly T[] {
    return this.#kept
  }

  get seen(): number {
    return this.#seen
  }

  /** `make` is only called for what is kept. */
  offer(random: Random, make: () => T): void {
    this.#seen++
    if (this.#kept.length < this.#capacity) {
      this.#kept.push(make())
      return
    }
    const at = random.integer(0, this.#seen - 1)
    if (at < this.#capacity) this.#kept[at] = make()
  }

  /** Draws as one would draw from both crowds together: from each by how many are left of it. */
  merge(other: Reservoir<T>, random: Random): void {
    const own = random.shuffle(this.#kept)
    const theirs = random.shuffle(other.#kept)
    let ownLeft = this.#seen
    let theirsLeft = other.#seen
    this.#seen += other.#seen
    this.#kept = []
    while (this.#kept.length < this.#capacity && ownLeft + theirsLeft > 0) {
      const isOwn = random.integer(1, ownLeft + theirsLeft) <= ownLeft
      if (isOwn) ownLeft--
      else theirsLeft--
      const drawn = (isOwn ? own : theirs).pop()
      if (drawn !== undefined) this.#kept.push(drawn)
    }
  }
}
