import { HarnessError } from '../base/errors.ts'
import type { Random } from '../base/seed.ts'

/**
 * What a link does to the bytes that go its way. A rule touches one direction only.
 *
 * hold       keeps bytes, closes and new dials; lifting delivers them in order and the connections live.
 * drop       swallows them without a word; a connection that lost something is reset once the rule is lifted.
 * reset      resets connections at once, or when the link has passed `afterBytes` more; new ones on accept.
 * delay      each chunk by `ms`, give or take `jitterMs`; never reorders. Jitter needs a `random` of the seed.
 * rate       one bucket for the whole link, however many connections share it.
 * slowClose  passes a FIN or a reset on only after `ms`; bytes go on.
 * silence    connections open now never say another byte nor close; new ones pass; lifting resets the silent ones.
 */
export type Rule =
  | { type: 'hold' }
  | { type: 'drop' }
  | { type: 'reset'; afterBytes?: number }
  | { type: 'delay'; ms: number; jitterMs?: number; random?: Random }
  | { type: 'rate'; bytesPerSecond: number }
  | { type: 'slowClose'; ms: number }
  | { type: 'silence' }

export type RuleType = Rule['type']

/** Throws BAD_USAGE for a rule that could not do what it says. */
export function assertUsable(rule: Rule): void {
  const refuse = (why: string) => {
    throw new HarnessError('BAD_USAGE', `A ${rule.type} rule ${why}.`)
  }
  const isAmount = (value: number) => Number.isFinite(value) && value >= 0
  switch (rule.type) {
    case 'reset':
      if (rule.afterBytes !== undefined && !(Number.isInteger(rule.afterBytes) && rule.afterBytes >= 0))
        refuse(`counts whole bytes from 0, not afterBytes ${rule.afterBytes}`)
      break
    case 'delay':
      if (!isAmount(rule.ms)) refuse(`needs ms from 0, not ${rule.ms}`)
      if (!isAmount(rule.jitterMs ?? 0)) refuse(`needs jitterMs from 0, not ${rule.jitterMs}`)
      if (rule.jitterMs && !rule.random) refuse('with jitterMs needs a random stream: all chance comes from the seed')
      break
    case 'rate':
      if (!(rule.bytesPerSecond > 0 && Number.isFinite(rule.bytesPerSecond)))
        refuse(`needs bytesPerSecond above 0, not ${rule.bytesPerSecond}; to pass nothing, hold`)
      break
    case 'slowClose':
      if (!isAmount(rule.ms)) refuse(`needs ms from 0, not ${rule.ms}`)
      break
  }
}
