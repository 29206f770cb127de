/**
 * The configurations that a search has been in: which operations are in the order, and the state they lead to. Exact,
 * never by hash alone, and small: only the words between the first operation left out and the last one put in are kept.
 */
export class Visited {
  #records = new Int32Array(1 << 12)
  #used = 0
  #slots = new Int32Array(1 << 10)
  #count = 0

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#records.byteLength + this.#slots.byteLength
  }

  /** True if it was not there yet. The key is the first `length` words. */
  add(key: Int32Array, length: number): boolean {
    const hash = hashOf(key, length)
    let slot = hash & (this.#slots.length - 1)
    for (;;) {
      const record = (this.#slots[slot] as number) - 1
      if (record < 0) break
      if (this.#records[record] === hash && this.#holds(record + 1, key, length)) return false
      slot = (slot + 1) & (this.#slots.length - 1)
    }
    this.#slots[slot] = this.#append(hash, key, length) + 1
    if (++this.#count * 2 > this.#slots.length) this.#rehash()
    return true
  }

  #holds(record: number, key: Int32Array, length: number): boolean {
    const records = this.#records
    if (records[record] !== length) return false
    for (let at = 0; at < length; at++) if (records[record + 1 + at] !== key[at]) return false
    return true
  }

  #append(hash: number, key: Int32Array, length: number): number {
    const record = this.#used
    if (record + length + 2 > this.#records.length) {
      const wider = new Int32Array(2 * this.#records.length + length)
      wider.set(this.#records)
      this.#records = wider
    }
    const records = this.#records
    records[record] = hash
    records[record + 1] = length
    for (let at = 0; at < length; at++) records[record + 2 + at] = key[at] as number
    this.#used = record + length + 2
    return record
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    for (let record = 0; record < this.#used; record += (this.#records[record + 1] as number) + 2) {
      let slot = (this.#records[record] as number) & (slots.length - 1)
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = record + 1
    }
    this.#slots = slots
  }
}

function hashOf(key: Int32Array, length: number): number {
  let hash = length
  for (let at = 0; at < length; at++) {
    hash = Math.imul(hash ^ (key[at] as number), 0x85ebca6b)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash, 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
