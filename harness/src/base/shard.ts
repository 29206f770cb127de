import { parseWholeNumber } from './numbers.ts'

/** One of so many parts of a run, counted from 1: `2/3`. */
export interface Shard {
  index: number
  count: number
}

/** More jobs than any CI starts; each is a list in memory. */
const mostShards = 10_000

/** Undefined where the text is no such thing. */
export function parseShard(text: string): Shard | undefined {
  const [index, count, ...more] = text.split('/').map(parseWholeNumber)
  if (index === undefined || count === undefined || more.length > 0) return undefined
  return index >= 1 && index <= count && count <= mostShards ? { index, count } : undefined
}

/** "2/3" */
export function shownShard({ index, count }: Shard): string {
  return `${index}/${count}`
}

/** Of things numbered from 1, those of the shard, dealt out in turn: together the shards have each of them once. */
export function numbersOf(total: number, { index, count }: Shard = { index: 1, count: 1 }): number[] {
  const numbers: number[] = []
  for (let number = index; number <= total; number += count) numbers.push(number)
  return numbers
}
