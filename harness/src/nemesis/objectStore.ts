import { type Fault, openFault } from '../base/fault.ts'
import type { ObjectStoreDoor } from './objectStoreDoor.ts'
import type { ObjectStoreExchange, Passage } from './objectStoreExchange.ts'
import { CallChoice, type ObjectStoreEffect, type ObjectStoreRule } from './objectStoreRule.ts'
import { SlowBodies } from './objectStoreSlowBody.ts'

/** What a rule did, by name; a call that matched and was let through is no effect. */
interface CallCounts {
  callsMatched: number
  requestsRefused: number
  requestsSwallowed: number
  requestsCut: number
  answersCut: number
  /** The store had done what was asked. */
  answersLost: number
  /** The store had refused. */
  refusalsLost: number
  bytesSlowed: number
}

/**
 * Makes calls to the object store fail, stall or lose their answer, by operation and key. Calls under way when the fault
 * is opened are left alone. A heal resets the connections that a timeout holds and lets slow bodies go on at full speed.
 */
export function failObjectStore(door: ObjectStoreDoor, rule: ObjectStoreRule): Fault {
  const counts: CallCounts = {
    callsMatched: 0,
    requestsRefused: 0,
    requestsSwallowed: 0,
    requestsCut: 0,
    answersCut: 0,
    answersLost: 0,
    refusalsLost: 0,
    bytesSlowed: 0,
  }
  const choice = new CallChoice(rule, door.random)
  const slow = rule.effect.type === 'slowRead' ? new SlowBodies(rule.effect.bytesPerSecond) : undefined
  const held = new Set<ObjectStoreExchange>()
  const stop = door.intercept({
    take(call, exchange) {
      if (!choice.takes(call)) return false
      apply(door, rule.effect, exchange, counts, held, slow)
      return true
    },
  })
  const read = () => ({ ...counts, callsMatched: choice.callsMatched, bytesSlowed: slow?.bytesSlowed ?? 0 })
  return openFault({
    name: `${rule.effect.type} of ${describe(rule)} at ${door.name}`,
    kind: 'objectStore',
    targets: [door.name],
    counts: () => onlyMoved(read()),
    effects: () => {
      // Bytes that the rate let pass at once were not slowed.
      const { callsMatched, bytesSlowed, ...effects } = read()
      return Object.values(effects).reduce((sum, count) => sum + count, slow?.bytesKeptWaiting ?? 0)
    },
    heal: () => {
      stop()
      for (const exchange of held) exchange.reset()
      slow?.release()
    },
  })
}

function apply(
  door: ObjectStoreDoor,
  effect: ObjectStoreEffect,
  exchange: ObjectStoreExchange,
  counts: CallCounts,
  held: Set<ObjectStoreExchange>,
  slow: SlowBodies | undefined,
): void {
  switch (effect.type) {
    case 'slowDown':
      counts.requestsRefused++
      exchange.refuse(503, 'SlowDown', 'Please reduce your request rate.')
      break
    case 'internalError':
      counts.requestsRefused++
      exchange.refuse(500, 'InternalError', 'We encountered an internal error. Please try again.')
      break
    case 'timeout':
      counts.requestsSwallowed++
      held.add(exchange)
      exchange.onClose(() => held.delete(exchange))
      exchange.swallow()
      break
    case 'cut':
      door.forward(exchange, cutting(effect.afterBytes, exchange.bodyBytes, counts))
      break
    case 'loseAnswer':
      door.forward(exchange, {
        loseAnswer: true,
        onLost: (status) => {
          if (status < 300) counts.answersLost++
          else counts.refusalsLost++
        },
      })
      break
    case 'slowRead':
      door.forward(exchange, slow ? { slow: () => slow.body() } : {})
  }
}

function cutting(afterBytes: number | undefined, bodyBytes: number, counts: CallCounts): Passage {
  if (bodyBytes === 0) return { cutAnswerAfter: afterBytes ?? 'half', onCut: () => counts.answersCut++ }
  // Never the whole of it: the request must stay unfinished.
  const after = Math.min(afterBytes ?? Math.floor(bodyBytes / 2), bodyBytes - 1)
  return { cutRequestAfter: after, onCut: () => counts.requestsCut++ }
}

function onlyMoved(counts: CallCounts): Record<string, number> {
  const told = Object.entries(counts).filter(([name, count]) => count > 0 || name === 'callsMatched')
  return Object.fromEntries(told)
}

function describe(rule: ObjectStoreRule): string {
  const what = rule.operations?.join(', ') ?? 'all calls'
  const where = rule.key === undefined ? '' : ` of ${String(rule.key)}`
  return what + where
}

export interface OutageOptions {
  /** Default `reset`: the machine is there and nobody listens. `silence`: nothing comes back any more. */
  readonly how?: 'reset' | 'silence'
}

/** The object store cannot be reached: connections are reset, or fall silent, those open now and those opened later. */
export function objectStoreOutage(door: ObjectStoreDoor, options: OutageOptions = {}): Fault {
  return options.how === 'silence' ? silenceStore(door) : resetStore(door)
}

function resetStore(door: ObjectStoreDoor): Fault {
  let connectionsReset = 0
  const stop = door.interceptConnections((socket) => {
    connectionsReset++
    socket.resetAndDestroy()
  })
  return openFault({
    name: `outage of ${door.name} (reset)`,
    kind: 'objectStoreOutage',
    targets: [door.name],
    counts: () => ({ connectionsReset }),
    heal: stop,
  })
}

/** What was under way is cut off from the store and may have been done. A heal resets what is still waiting. */
function silenceStore(door: ObjectStoreDoor): Fault {
  let requestsSilenced = 0
  const held = new Set<ObjectStoreExchange>()
  const hold = (exchange: ObjectStoreExchange) => {
    requestsSilenced++
    held.add(exchange)
    exchange.onClose(() => held.delete(exchange))
    exchange.silence()
  }
  const stop = door.intercept({
    take(_call, exchange) {
      hold(exchange)
      return true
    },
  })
  for (const exchange of door.underWay) hold(exchange)
  return openFault({
    name: `outage of ${door.name} (silence)`,
    kind: 'objectStoreOutage',
    targets: [door.name],
    counts: () => ({ requestsSilenced }),
    heal: () => {
      stop()
      for (const exchange of held) exchange.reset()
    },
  })
}
