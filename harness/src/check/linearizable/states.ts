import type { Call } from './call.ts'
import { absent, anything, type Content } from './content.ts'
import { canonical, sum } from './decimal.ts'

/** The number of nothing at all. */
export const absentState = 0
/** The number of what nobody knows. */
export const anyState = 1

/**
 * The contents that one key may have, as numbers, so that the search compares numbers. Contents that no operation
 * names come into being by appending and adding; each such step is worked out once.
 */
export class States {
  readonly #numbers = new Map<Content, number>([
    [absent, absentState],
    [anything, anyState],
  ])
  readonly #contents: Content[] = [absent, anything]
  readonly #worked = new Map<number, number>()
  #textBytes = 0

  numberOf(content: Content): number {
    const known = this.#numbers.get(content)
    if (known !== undefined) return known
    const number = this.#contents.length
    this.#numbers.set(content, number)
    this.#contents.push(content)
    this.#textBytes += 2 * content.length + bytesPerState
    return number
  }

  get count(): number {
    return this.#contents.length
  }

  contentOf(state: number): Content {
    return this.#contents[state] ?? absent
  }

  /** The state after an append or add, or -1 where the key holds what cannot be appended or added to. */
  worked(state: number, call: Call, callNumber: number, callCount: number): number {
    const step = state * callCount + callNumber
    const known = this.#worked.get(step)
    if (known !== undefined) return known
    const content = next(this.contentOf(state), call)
    const after = content === undefined ? -1 : this.numberOf(content)
    this.#worked.set(step, after)
    return after
  }

  /** Roughly, and never too little by an order. */
  get bytes(): number {
    return this.#textBytes + this.#worked.size * bytesPerStep
  }
}

const bytesPerState = 100
const bytesPerStep = 40

function next(content: Content, call: Call): Content | undefined {
  if (content === anything) return call.answered ?? anything
  if (call.act === 'append') {
    const base = content === absent ? '' : content.slice(1)
    const isText = content === absent || content[0] === 's' || (call.counts && canonical(base) === base)
    if (!isText) return undefined
    const text = base + (call.written ?? '')
    return call.counts && canonical(text) === text ? `j${text}` : `s${text}`
  }
  const number = content === absent ? '0' : content[0] === 'j' ? content.slice(1) : 'NaN'
  const added = sum(number, call.delta ?? '0')
  if (added === 'NaN') return undefined
  const after: Content = `j${added}`
  return call.answered === undefined || call.answered === after ? after : undefined
}
