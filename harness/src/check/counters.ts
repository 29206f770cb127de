import { type Effect, effectsOf } from '../history/effects.ts'
import type { Operation, Outcome } from '../history/operation.ts'
import { kindOf } from '../history/operationKinds.ts'
import { answeredAtMs, type Span, spanOf } from '../history/span.ts'
import { type Amount, amountOf, formatUnits, unitsAt } from './amount.ts'
import { makesSum } from './subsetSum.ts'
import { counted } from './verdict.ts'

interface Addition {
  amount: Amount
  outcome: Outcome
  span: Span
  answeredMs: number
}

/** Something else that was done to a counter. */
interface Other {
  kind: string
  span: Span
}

export interface Counter {
  key: string | undefined
  additions: Addition[]
  /** What it was set to before all else. */
  base: { amount: Amount; span: Span } | undefined
  /** What is not modelled. */
  others: Other[]
  /** Most digits behind the point of any amount. */
  digits: number
}

/** Everything that was added to, and what else was done to it. */
export function countersOf(
  operations: readonly Operation[],
  table: string | undefined,
  { kinds = [], counter: only }: { kinds?: readonly string[]; counter?: string },
): Counter[] {
  const counters = new Map<string | undefined, Counter>()
  const others: { key: string | undefined; all: boolean; effect: Effect; operation: Operation }[] = []
  for (const operation of operations) {
    const adds = kinds.includes(operation.kind) && kindOf(operation.kind).deed !== 'add'
    for (const effect of effectsOf(adds ? { ...operation, kind: 'add' } : operation)) {
      const { deed, reach, key } = effect
      if (reach !== 'everything' && effect.table !== table) continue
      if (deed === 'read' || deed === 'localRead') continue
      const amount = deed === 'add' && reach === 'key' ? amountOf(effect.delta) : undefined
      if (amount === undefined) {
        others.push({ key, all: reach !== 'key', effect, operation })
        continue
      }
      if (only !== undefined && key !== only) continue
      const counter = counters.get(key) ?? { key, additions: [], base: undefined, others: [], digits: 0 }
      counters.set(key, counter)
      const { outcome } = operation
      counter.additions.push({ amount, outcome, span: spanOf(operation), answeredMs: answeredAtMs(operation) })
      counter.digits = Math.max(counter.digits, amount.digits)
    }
  }
  const everywhere = others.filter(({ all }) => all)
  const byKey = Map.groupBy(
    others.filter(({ all }) => !all),
    ({ key }) => key,
  )
  for (const counter of counters.values()) {
    const own = byKey.get(counter.key) ?? []
    const base = everywhere.length === 0 && own.length === 1 ? baseOf(own[0]) : undefined
    if (base && counter.additions.every(({ span }) => base.span.endMs < span.startMs)) {
      counter.base = base
      counter.digits = Math.max(counter.digits, base.amount.digits)
    } else {
      counter.others = [...own, ...everywhere].map(({ operation }) => ({
        kind: operation.kind,
        span: spanOf(operation),
      }))
    }
  }
  return [...counters.values()]
}

function baseOf(written: { effect: Effect; operation: Operation } | undefined): Counter['base'] {
  if (written === undefined || written.effect.deed !== 'write' || written.operation.outcome !== 'ok') return undefined
  const amount = amountOf(written.effect.value)
  return amount && { amount, span: spanOf(written.operation) }
}

/** What is wrong with a reading, or why it cannot be known, after the name of its node. */
export function judgeReading(
  counter: Counter,
  { toMs: atMs, untilMs }: { toMs: number; untilMs: number },
  value: bigint | undefined,
): { wanted?: string; doubt?: string } {
  const { additions, base, others, digits } = counter
  const other = others.find(({ span }) => span.startMs <= untilMs)
  if (other) return { doubt: `was read after "${other.kind}", of which this checker does not know what it makes of it` }
  if (base && base.span.endMs >= atMs) return { doubt: 'was read before it had been set' }
  let sum = base === undefined ? 0n : unitsAt(base.amount, digits)
  const undecided: bigint[] = []
  let late = 0
  for (const { amount, outcome, span, answeredMs } of additions) {
    if (outcome === 'ok' && answeredMs >= atMs) late++
    if (span.startMs > untilMs) continue
    const units = unitsAt(amount, digits)
    if (outcome === 'ok' && span.endMs < atMs) sum += units
    else undecided.push(units)
  }
  const makes = value === undefined ? false : makesSum(undecided, value - sum)
  if (makes === false) return { wanted: rangeInWords(sum, undecided, value, digits) }
  if (makes === undefined) {
    return {
      doubt: `was read while ${counted(undecided.length, 'add')} were undecided: too many to tell what they make`,
    }
  }
  return late > 0 ? { doubt: `was read before ${counted(late, 'add')} had been acknowledged` } : {}
}

function rangeInWords(sum: bigint, undecided: readonly bigint[], value: bigint | undefined, digits: number): string {
  let [least, most] = [sum, sum]
  for (const units of undecided) {
    if (units < 0n) least += units
    else most += units
  }
  if (least === most) return formatUnits(sum, digits)
  const range = `${formatUnits(least, digits)} to ${formatUnits(most, digits)}`
  const isWithin = value === undefined || (value >= least && value <= most)
  return isWithin ? `${range}, and no choice of the undecided ones makes that` : range
}
