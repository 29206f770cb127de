import { nowMs } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Event } from './event.ts'
import { History } from './history.ts'
import type { Journal } from './journal.ts'
import type { Observation } from './observation.ts'
import type { Operation, Outcome } from './operation.ts'

export type OperationPlan = Pick<Operation, 'client' | 'node' | 'kind' | 'table' | 'key' | 'value' | 'intendedAtMs'>

export interface Recorder {
  /**
   * Makes the call and records it. Resolved is `ok`; a thrown error's `outcome` property ('fail' or 'info') is believed;
   * any other error is `info`, since the system may have done it all the same. Rethrows. `result` picks what to keep.
   */
  run<T>(plan: OperationPlan, call: () => Promise<T>, result?: (answer: T) => unknown): Promise<T>
  /** Reads and records what a node holds; the time is that of the reading's begin. Rethrows, recording nothing. */
  observe<T>(of: Pick<Observation, 'node' | 'what' | 'table'>, read: () => T | Promise<T>): Promise<T>
  /** Records what somebody else made and timed: the operations of a load. */
  ended(operation: Omit<Operation, 'id'>): void
  event(event: Omit<Event, 'atMs'> & { atMs?: number }): void
  /** Grows as things are recorded; the same that `readJournal` gives later. */
  readonly history: History
}

/** Everything goes to the journal first and into memory second. The clock gives ms since the epoch. */
export function createRecorder(journal: Journal, clock: () => number = nowMs): Recorder {
  const history = new History()
  let lastId = 0

  function keep(operation: Operation) {
    journal.record(operation)
    history.operations.push(operation)
  }

  return {
    history,
    async run(plan, call, result) {
      const id = ++lastId
      const startedAtMs = clock()
      const ended = await Promise.resolve()
        .then(call)
        .then(
          (answer) => ({ endedAtMs: clock(), answer }),
          (error: unknown) => ({ endedAtMs: clock(), error }),
        )
      const { endedAtMs } = ended
      if ('error' in ended) {
        const { error } = ended
        keep({ id, ...plan, startedAtMs, endedAtMs, outcome: outcomeOf(error), error: messageOf(error) })
        throw error
      }
      const kept = result?.(ended.answer)
      keep({ id, ...plan, startedAtMs, endedAtMs, outcome: 'ok', ...(kept === undefined ? {} : { result: kept }) })
      return ended.answer
    },
    async observe(of, read) {
      const atMs = clock()
      const value = await read()
      const observation: Observation = { atMs, ...of, value }
      journal.observe(observation)
      history.observations.push(observation)
      return value
    },
    ended(operation) {
      keep({ id: ++lastId, ...operation })
    },
    event(given) {
      const event: Event = { atMs: clock(), ...given }
      journal.event(event)
      history.events.push(event)
    },
  }
}

function outcomeOf(error: unknown): Outcome {
  const outcome = error !== null && typeof error === 'object' && 'outcome' in error ? error.outcome : undefined
  return outcome === 'fail' ? 'fail' : 'info'
}
