import { nowMs } from '../base/clock.ts'
import { HarnessError, messageOf } from '../base/errors.ts'
import type { Event } from './event.ts'
import { History } from './history.ts'
import type { Journal } from './journal.ts'
import { whyNotJson } from './json.ts'
import type { Observation } from './observation.ts'
import { type Invocation, type Operation, type OperationEnd, type Outcome, underWay } from './operation.ts'

export type OperationPlan = Pick<Operation, 'client' | 'node' | 'kind' | 'table' | 'key' | 'value' | 'intendedAtMs'>

/** An operation that has been recorded as under way. */
export interface OpenOperation {
  /**
   * Records how it ended. `endedAtMs` is now if absent. A result that is not JSON loses no acknowledgement: the operation is kept as ok
   * and its result as not known; then BAD_USAGE is thrown. What ends after its history was closed stays under way in it.
   */
  end(end: Omit<OperationEnd, 'id' | 'endedAtMs'> & { endedAtMs?: number }): void
}

export interface Recorder {
  /**
   * Records the invocation, makes the call, and records its end. Resolved is `ok`; a thrown error's `outcome` property ('fail' or
   * 'info') is believed; any other error is `info`, since the system may have done it all the same. Rethrows. `result` picks what to
   * keep; if it throws, the operation is ok, its result not known, and BAD_USAGE says so. A value that is not JSON is BAD_USAGE before
   * the call is made.
   */
  run<T>(plan: OperationPlan, call: () => Promise<T>, result?: (answer: T) => unknown): Promise<T>
  /** Records that it is under way, for what makes its calls itself. `startedAtMs` is now if absent. */
  begin(plan: OperationPlan & { startedAtMs?: number }): OpenOperation
  /** Reads and records what a node holds; the time is that of the reading's begin. Rethrows, recording nothing. */
  observe<T>(of: Pick<Observation, 'node' | 'what' | 'table'>, read: () => T | Promise<T>): Promise<T>
  /** Records what somebody else made and timed, when all of it is known. */
  ended(operation: Omit<Operation, 'id'>): void
  event(event: Omit<Event, 'atMs'> & { atMs?: number }): void
  /** Grows as things are recorded; the same that `readJournal` gives later. An operation that is under way changes when it ends. */
  readonly history: History
}

/** Everything goes to the journal first and into memory second. The clock gives ms since the epoch. */
export function createRecorder(journal: Journal, clock: () => number = nowMs): Recorder {
  const history = new History()
  let lastId = 0

  function begin({ startedAtMs, ...plan }: OperationPlan & { startedAtMs?: number }): OpenOperation {
    const invocation: Invocation = { id: lastId + 1, ...plan, startedAtMs: startedAtMs ?? clock() }
    journal.invoked(invocation)
    lastId++
    const operation = underWay(invocation)
    history.operations.push(operation)
    return {
      end(given) {
        const end = { ...given, endedAtMs: given.endedAtMs ?? clock() }
        const why = whyNotJson(end.result)
        if (why === undefined) return settle(operation, end)
        const { result: _, ...kept } = end
        const sentence = `What ${nameOf(operation)} was answered cannot be kept: it ${why}. Pick what is JSON of it.`
        settle(operation, { ...kept, error: sentence })
        throw new HarnessError('BAD_USAGE', sentence)
      },
    }
  }

  function settle(operation: Operation, end: Omit<OperationEnd, 'id'>) {
    if (journal.ended({ id: operation.id, ...end })) Object.assign(operation, end)
  }

  return {
    history,
    begin,
    async run(plan, call, result) {
      const open = begin(plan)
      const ended = await Promise.resolve()
        .then(call)
        .then(
          (answer) => ({ endedAtMs: clock(), answer }),
          (error: unknown) => ({ endedAtMs: clock(), error }),
        )
      const { endedAtMs } = ended
      if ('error' in ended) {
        const { error } = ended
        open.end({ endedAtMs, outcome: outcomeOf(error), error: messageOf(error) })
        throw error
      }
      const { answer } = ended
      let kept: unknown
      try {
        kept = result?.(answer)
      } catch (cause) {
        const sentence = `What ${nameOf(plan)} was answered cannot be kept: the function that picks it threw "${messageOf(cause)}".`
        open.end({ endedAtMs, outcome: 'ok', error: sentence })
        throw new HarnessError('BAD_USAGE', sentence, { cause })
      }
      open.end({ endedAtMs, outcome: 'ok', ...(kept === undefined ? {} : { result: kept }) })
      return answer
    },
    async observe(of, read) {
      const atMs = clock()
      const value = await read()
      const observation: Observation = { atMs, endedAtMs: clock(), ...of, value }
      journal.observe(observation)
      history.observations.push(observation)
      return value
    },
    ended(operation) {
      const whole: Operation = { id: lastId + 1, ...operation }
      journal.record(whole)
      lastId++
      history.operations.push(whole)
    },
    event(given) {
      const event: Event = { atMs: clock(), ...given }
      journal.event(event)
      history.events.push(event)
    },
  }
}

/** As sentences name it: "c1's read of r1 in rows on n1". */
function nameOf({ client, kind, key, table, node }: OperationPlan): string {
  const of = key === undefined ? '' : ` of ${key}`
  return `${client}'s ${kind}${of}${table === undefined ? '' : ` in ${table}`} on ${node}`
}

function outcomeOf(error: unknown): Outcome {
  const outcome = error !== null && typeof error === 'object' && 'outcome' in error ? error.outcome : undefined
  return outcome === 'fail' ? 'fail' : 'info'
}
