import { type Observation, seenUntilMs } from '../history/observation.ts'
import { type Amount, amountOf } from './amount.ts'

/** What a node tells of one counter in the end, and since when it has told that. */
export interface CounterReading {
  amount: Amount
  fromMs: number
  toMs: number
  /** What was invoked after this is not in it. */
  untilMs: number
}

/**
 * How a node is read: one counter after the other, each as `{ name: value }`; all at once, so that a counter that is not named
 * reads 0; or both, where one that names a single counter may be either.
 */
type Habit = 'each' | 'all' | 'both'

/** The counter as the node's last reading tells it, or a sentence why it cannot be known. */
export function counterReading(
  readings: readonly Observation[],
  node: string,
  key: string | undefined,
  isOnlyCounter: boolean,
): CounterReading | string {
  const name = key ?? 'counter'
  const own = readings.filter((each) => each.node === node).sort((a, b) => a.atMs - b.atMs)
  const habit = habitOf(own)
  let last: CounterReading | string | undefined
  for (const reading of own) {
    const { value, atMs } = reading
    const untilMs = seenUntilMs(reading)
    const told = toldBy(value, name, { isOnlyCounter, habit })
    if (told === undefined) continue
    if (typeof told === 'string') last = `${node} ${told}`
    else if (typeof last === 'object' && isEqual(last.amount, told)) {
      last.toMs = atMs
      last.untilMs = untilMs
    } else last = { amount: told, fromMs: atMs, toMs: atMs, untilMs }
  }
  return last ?? `${key ?? 'the counter'} was not read on ${node}`
}

function toldBy(
  read: unknown,
  name: string,
  { isOnlyCounter, habit }: { isOnlyCounter: boolean; habit: Habit },
): Amount | string | undefined {
  if (read === null || typeof read !== 'object') {
    const amount = amountOf(read)
    if (amount === undefined) return 'told no number'
    return isOnlyCounter ? amount : 'told a number without saying of which counter'
  }
  if (Array.isArray(read)) return 'told a list, not counters by name'
  const named = Object.hasOwn(read, name) ? (read as Record<string, unknown>)[name] : undefined
  if (named !== undefined) return amountOf(named) ?? `told no number for ${name}`
  const nothing: Amount = { units: 0n, digits: 0 }
  const names = namesIn(read)
  if (names > 1 || (names === 0 && habit === 'all')) return nothing
  if (names === 1) return habit === 'all' ? `told of one other counter, so ${name} may have vanished` : undefined
  return isOnlyCounter ? nothing : 'told nothing of a counter, without saying of which'
}

function habitOf(readings: readonly Observation[]): Habit {
  if (!readings.some(({ value }) => namesIn(value) > 1)) return 'each'
  const alone = readings.filter(({ value }) => namesIn(value) === 1).map(({ value }) => Object.keys(value as object)[0])
  return new Set(alone).size > 1 ? 'both' : 'all'
}

function namesIn(read: unknown): number {
  return read !== null && typeof read === 'object' && !Array.isArray(read) ? Object.keys(read).length : 0
}

function isEqual(a: Amount, b: Amount): boolean {
  return a.units * 10n ** BigInt(b.digits) === b.units * 10n ** BigInt(a.digits)
}
